//! The DSL.

use diesel::{dsl, prelude::*};

use crate::world::{brands, items, orders, same};

#[derive(Debug, PartialEq, Clone, Queryable, Selectable, Identifiable, Insertable, AsChangeset)]
#[diesel(table_name = items, primary_key(store_id, id))]
struct Item {
    store_id: i64,
    id: i64,
    brand_id: Option<i64>,
    name: String,
    price: i64,
}

#[test]
fn selects() {
    let all = same!(|c| items::table.order(items::id).load::<Item>(c)).unwrap();
    assert_eq!(all.len(), 4);
    let named = same!(|c| items::table
        .filter(items::name.like("%of%"))
        .order(items::id)
        .select(Item::as_select())
        .load(c))
    .unwrap();
    assert_eq!(named.len(), 2);
    same!(|c| items::table.find((1, 2)).first::<Item>(c)).unwrap();
    same!(|c| items::table.find((2, 2)).first::<Item>(c)).unwrap_err();
    same!(|c| items::table.find((2, 2)).first::<Item>(c).optional()).unwrap();
    same!(|c| items::table.count().get_result::<i64>(c)).unwrap();
    same!(|c| items::table
        .select(dsl::max(items::price))
        .first::<Option<i64>>(c))
    .unwrap();
    same!(
        |c| dsl::select(dsl::exists(items::table.filter(items::name.eq("only of 2")))).get_result::<bool>(c)
    )
    .unwrap();
    same!(|c| items::table
        .filter(items::id.eq_any([1_i64, 3, 12]))
        .select(items::name)
        .order(items::name.desc())
        .load::<String>(c))
    .unwrap();
    same!(|c| items::table
        .select(items::name)
        .order(items::price)
        .limit(2)
        .offset(1)
        .load::<String>(c))
    .unwrap();
    same!(|c| items::table
        .select(items::brand_id)
        .distinct()
        .order(items::brand_id)
        .load::<Option<i64>>(c))
    .unwrap();
    same!(|c| brands::table.order(brands::id).load::<(i64, String)>(c)).unwrap();
    same!(|c| items::table
        .filter(items::id.eq_any(Vec::<i64>::new()))
        .count()
        .get_result::<i64>(c))
    .unwrap();
}

#[test]
fn groups_and_subqueries() {
    let groups = same!(|c| orders::table
        .group_by(orders::item_id)
        .select((orders::item_id, dsl::max(orders::amount), dsl::count_star()))
        .order(orders::item_id)
        .load::<(i64, Option<i64>, i64)>(c))
    .unwrap();
    assert_eq!(groups.len(), 2);
    same!(|c| orders::table
        .group_by(orders::item_id)
        .having(dsl::count_star().gt(1))
        .select(orders::item_id)
        .load::<i64>(c))
    .unwrap();
    let ordered = || orders::table.select(orders::item_id);
    same!(|c| items::table
        .filter(items::id.eq_any(ordered()))
        .select(items::name)
        .order(items::id)
        .load::<String>(c))
    .unwrap();
    same!(|c| items::table
        .filter(items::id.ne_all(ordered()))
        .select(items::name)
        .order(items::id)
        .load::<String>(c))
    .unwrap();
    same!(|c| items::table
        .filter(dsl::exists(orders::table.filter(orders::item_id.eq(items::id))))
        .select(items::id)
        .order(items::id)
        .load::<i64>(c))
    .unwrap();
    let last = || orders::table.select(dsl::max(orders::item_id)).single_value();
    same!(|c| items::table
        .filter(items::id.nullable().eq(last()))
        .select(items::name)
        .load::<String>(c))
    .unwrap();
    same!(|c| items::table
        .select(items::name)
        .union(
            orders::table
                .filter(orders::note.is_not_null())
                .select(orders::note.assume_not_null())
        )
        .load::<String>(c))
    .map(|mut names| names.sort())
    .unwrap();
}

#[test]
fn boxed_queries() {
    for (name, least) in [(Some("cup"), None), (None, Some(15)), (None, None)] {
        same!(|c| {
            let mut query = items::table.select(items::id).order(items::id).into_boxed();
            if let Some(name) = name {
                query = query.filter(items::name.eq(name));
            }
            if let Some(least) = least {
                query = query.filter(items::price.ge(least));
            }
            query.load::<i64>(c)
        })
        .unwrap();
    }
}

#[test]
fn row_by_row() {
    let sum = same!(|c| {
        let rows = items::table.select(items::price).load_iter::<i64, _>(c);
        rows.and_then(|rows| rows.sum::<QueryResult<i64>>())
    });
    assert_eq!(sum.unwrap(), 11 + 21 + 31 + 7);
}

fn new(id: i64, name: &str) -> Item {
    Item {
        store_id: 1,
        id,
        brand_id: None,
        name: name.to_owned(),
        price: 5,
    }
}

#[test]
fn inserts() {
    assert_eq!(
        same!(|c| diesel::insert_into(items::table)
            .values(&new(20, "new"))
            .execute(c))
        .unwrap(),
        1
    );
    same!(|c| diesel::insert_into(items::table)
        .values(vec![new(20, "a"), new(21, "b")])
        .execute(c))
    .unwrap();
    let row = same!(|c| diesel::insert_into(items::table)
        .values(&new(20, "new"))
        .returning(Item::as_returning())
        .get_result(c));
    assert_eq!(row.unwrap(), new(20, "new"));
    // A name that another store has is free here; one of the store's own is taken.
    same!(|c| diesel::insert_into(items::table)
        .values(&new(20, "only of 2"))
        .execute(c))
    .unwrap();
    same!(|c| diesel::insert_into(items::table)
        .values(&new(20, "tea"))
        .execute(c))
    .unwrap_err();
    same!(|c| diesel::insert_into(orders::table)
        .values((
            orders::store_id.eq(1),
            orders::id.eq(9),
            orders::item_id.eq(12),
            orders::amount.eq(1)
        ))
        .execute(c))
    .unwrap_err();
    same!(|c| items::table
        .filter(items::id.gt(2))
        .select((
            items::store_id,
            items::id.into_sql::<diesel::sql_types::BigInt>() + 100,
            items::brand_id,
            items::name.concat("!"),
            items::price
        ))
        .insert_into(items::table)
        .into_columns((
            items::store_id,
            items::id,
            items::brand_id,
            items::name,
            items::price
        ))
        .execute(c))
    .unwrap();
}

#[test]
fn upserts() {
    same!(|c| diesel::insert_into(items::table)
        .values(&new(1, "mug"))
        .on_conflict((items::store_id, items::id))
        .do_update()
        .set(items::price.eq(99))
        .execute(c))
    .unwrap();
    same!(|c| diesel::insert_into(items::table)
        .values(&new(30, "tea"))
        .on_conflict((items::store_id, items::name))
        .do_nothing()
        .execute(c))
    .unwrap();
}

#[test]
fn updates_and_deletes() {
    assert_eq!(
        same!(|c| diesel::update(items::table)
            .set(items::price.eq(items::price + 1))
            .execute(c))
        .unwrap(),
        4
    );
    same!(|c| diesel::update(items::table.find((1, 1)))
        .set((items::price.eq(3), items::name.eq("bowl")))
        .execute(c))
    .unwrap();
    same!(
        |c| diesel::update(items::table.filter(items::name.eq("only of 3")))
            .set(items::price.eq(0))
            .execute(c)
    )
    .unwrap();
    same!(|c| diesel::update(orders::table.filter(orders::id.eq(1)))
        .set(orders::amount.eq(0))
        .execute(c))
    .unwrap_err();
    same!(|c| diesel::update(items::table.find((1, 3)))
        .set(items::brand_id.eq(None::<i64>))
        .returning(items::name)
        .get_result::<String>(c))
    .unwrap();
    assert_eq!(same!(|c| diesel::delete(orders::table).execute(c)).unwrap(), 3);
    same!(|c| diesel::delete(orders::table.filter(orders::note.like("note%"))).execute(c)).unwrap();
    same!(|c| diesel::delete(items::table.filter(items::id.ge(10)))
        .returning(items::id)
        .get_results::<i64>(c))
    .unwrap();
}

#[test]
fn joins() {
    let join = || items::table.inner_join(orders::table.on(orders::item_id.eq(items::id)));
    let rows = same!(|c| join()
        .select((items::name, orders::amount))
        .order((items::id, orders::id))
        .load::<(String, i64)>(c))
    .unwrap();
    assert_eq!(rows.len(), 3);
    same!(|c| items::table
        .left_join(orders::table.on(orders::item_id.eq(items::id)))
        .select((items::name, orders::note.nullable()))
        .order((items::id, orders::id))
        .load::<(String, Option<String>)>(c))
    .unwrap();
    same!(|c| items::table
        .left_join(brands::table.on(items::brand_id.eq(brands::id.nullable())))
        .select((items::id, brands::name.nullable()))
        .order(items::id)
        .load::<(i64, Option<String>)>(c))
    .unwrap();
    let (a, b) = diesel::alias!(items as a, items as b);
    same!(|c| a
        .inner_join(b.on(a.field(items::price).lt(b.field(items::price))))
        .select((a.field(items::id), b.field(items::id)))
        .order((a.field(items::id), b.field(items::id)))
        .load::<(i64, i64)>(c))
    .unwrap();
}
