//! Values made from the OpenAPI document.

use serde_json::{Map, Value, json};

use crate::common::missing_id;

/// What stands in the places for ids: in the path, and in the body.
#[derive(Clone, Copy)]
pub(crate) struct Filling<'a> {
    pub(crate) id: &'a str,
    pub(crate) handle: &'a str,
}

/// A value of a schema.
pub(crate) fn example(document: &Value, schema: &Value, name: &str, filling: Filling<'_>) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let place = reference.trim_start_matches('#');
        let target = document.pointer(place).unwrap();
        // Ids are a type of their own; its example tells it.
        if target["format"] == "uuid" {
            return json!(filling.id);
        }
        return example(document, target, name, filling);
    }
    if let Some(first) = schema["oneOf"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["type"] != "null"))
    {
        return example(document, first, name, filling);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds
            .iter()
            .find(|kind| *kind != "null")
            .unwrap()
            .as_str()
            .unwrap(),
        kind => kind.as_str().unwrap_or("string"),
    };
    match kind {
        "object" => {
            let properties = schema["properties"].as_object().cloned().unwrap_or_default();
            let fields = properties
                .iter()
                .map(|(name, s)| (name.clone(), example(document, s, name, filling)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        "array" => json!([example(document, &schema["items"], name, filling)]),
        "integer" => json!(schema["minimum"].as_f64().unwrap_or(1.0).max(1.0) as i64),
        "boolean" => json!(true),
        _ => match (schema["format"].as_str(), name) {
            (Some("uuid"), _) => json!(filling.id),
            (Some("password"), _) => json!(crate::common::PASSWORD),
            (_, "email") => json!("owner@alpha.example"),
            (_, "slug") => json!(format!(
                "new-{}",
                missing_id().split('-').next().unwrap_or_default()
            )),
            _ => json!("some text"),
        },
    }
}
