//! Statements that are compared.

use super::judge::{self, Verdict};
use super::lane::{Answer, Rows};
use super::report::{Class, Refused};
use super::script::{Item, words};
use super::{Run, mirror, translate};

impl Run {
    /// A query or DML: as each tenant, on both sides.
    pub(super) async fn compared(&mut self, item: &Item) {
        self.report.statements += 1;
        let found = words(&item.text);
        let has = |names: &[&str]| found.iter().any(|w| names.contains(&w.text.as_str()));
        let class = if found.iter().any(|w| self.others.relations.contains(&w.text)) {
            Class::Relations
        } else if found.iter().any(|w| self.others.own.contains(&w.text)) {
            Class::Own
        } else {
            Class::Tables
        };
        let writes = has(&["insert", "update", "delete", "merge"]);
        let counts = writes || has(&["nextval", "currval", "setval"]);
        let hooked = writes && {
            let hooks = mirror::hooked(&mut self.private[0]).await;
            found.iter().any(|w| hooks.contains(&w.text))
        };
        let mut resync = false;
        for n in 0..self.private.len() {
            let text = translate::perturbed(&item.text, item.line, n + 1);
            let scoped = self.scoper.scope(&text);
            let mut seen: Option<(Vec<String>, Answer)> = None;
            if let Ok(scoped) = &scoped
                && !hooked
                && scoped.binds() == 0
            {
                if counts {
                    mirror::same_sequences(&mut self.shared, &mut self.private[n]).await;
                }
                let bind = if scoped.tenant_bind().is_some() {
                    format!("({})", n + 1)
                } else {
                    String::new()
                };
                let steps = vec![
                    format!("SET ROLE {}", self.app),
                    format!("PREPARE regress_scoped AS {}", scoped.text()),
                    format!("EXECUTE regress_scoped{bind}"),
                ];
                let parts: Vec<&str> = steps.iter().map(String::as_str).collect();
                let began = std::time::Instant::now();
                let answer = self.shared.guarded(&parts).await.map(Rows::without_key);
                let took = began.elapsed();
                if took.as_secs() > 0 {
                    self.report
                        .long
                        .push(format!("{}: tenant {}: {took:?}", item.line, n + 1));
                }
                let _ = self.shared.must("RESET ROLE").await;
                let _ = self.shared.guarded(&["DEALLOCATE regress_scoped"]).await;
                seen = Some((steps, answer));
            }
            let own = self.private[n].guarded(&[&text]).await;
            if n == 0 && own.is_ok() {
                *self.report.valid.entry(class).or_default() += 1;
                match &scoped {
                    Ok(_) => *self.report.accepted.entry(class).or_default() += 1,
                    Err(refusal) => self.report.refused.push(Refused {
                        line: item.line,
                        code: refusal.code().to_owned(),
                        class,
                        sql: item.text.clone(),
                        message: refusal.to_string(),
                    }),
                }
            }
            match seen {
                Some((steps, answer)) => self.judge(item, n, &text, steps, &answer, &own, writes).await,
                None => {
                    self.report.hooked += usize::from(hooked);
                    resync |= own.is_ok();
                }
            }
        }
        if resync {
            let made = !writes && found.iter().any(|w| w.text == "into");
            if made {
                self.select_into(item).await;
            }
            self.refresh(item).await;
        } else if writes {
            let only = self.concerned(item);
            let wrong = self.differing(Some(&only)).await;
            for (n, table) in &wrong {
                self.report.different.push(format!(
                    "{}: tenant {}: {table} differs afterwards\n    {}",
                    item.line,
                    n + 1,
                    item.text.replace('\n', "\n    ")
                ));
            }
            self.resync(item, &wrong).await;
        }
    }

    /// `SELECT … INTO t`: a table like the private database's.
    async fn select_into(&mut self, item: &Item) {
        let text = item.text.clone();
        let outcome = self.shared.guarded(&[&text]).await;
        if outcome.is_ok()
            && let Err(e) = mirror::adopt(&mut self.shared, &mut self.private[0]).await
        {
            self.report
                .unmirrored
                .push(format!("{}: {}", item.line, e.message));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what was seen of one statement")]
    async fn judge(
        &mut self,
        item: &Item,
        n: usize,
        text: &str,
        steps: Vec<String>,
        shared: &Answer,
        own: &Answer,
        writes: bool,
    ) {
        let mut verdict = judge::compare(text, shared, own);
        if matches!(verdict, Verdict::Different(_)) && !writes && shared.is_ok() && own.is_ok() {
            let parts: Vec<&str> = steps[1..].iter().map(String::as_str).collect();
            let deallocate = ["DEALLOCATE ALL"];
            let again: Vec<&str> = deallocate.iter().chain(&parts).copied().collect();
            if judge::is_open(
                text,
                (&mut self.shared, &again, shared),
                (&mut self.private[n], text, own),
            )
            .await
            {
                self.report
                    .open
                    .push(format!("{}: {}", item.line, text.replace('\n', "\n    ")));
                verdict = Verdict::Same;
            }
            let _ = self.shared.guarded(&["DEALLOCATE ALL"]).await;
        }
        let told = |how: &str| {
            format!(
                "{}: tenant {}: {how}\n    {}\n    scoped: {}",
                item.line,
                n + 1,
                text.replace('\n', "\n    "),
                steps[1].trim_start_matches("PREPARE regress_scoped AS ")
            )
        };
        match verdict {
            Verdict::Same => {
                self.report.same += 1;
                self.report.with_rows += usize::from(shared.as_ref().is_ok_and(|r| !r.rows.is_empty()));
            }
            Verdict::BothFailed => self.report.both_failed += 1,
            Verdict::Slow => self.report.slow += 1,
            Verdict::OtherError(how) => self.report.other_errors.push(told(&how)),
            Verdict::Different(how) => self.report.different.push(told(&how)),
        }
    }
}
