//! The columns of Shopify's product CSV that this shop uses, found by name in the header.

use std::collections::HashMap;

use super::report::FileError;

macro_rules! columns {
    ($($field:ident = $name:literal),+ $(,)?) => {
        /// Where each column stands; `None` is a column that the file does not have.
        #[derive(Debug, Default)]
        pub(crate) struct Columns { $(pub(crate) $field: Option<usize>),+ }

        const NAMES: &[&str] = &[$($name),+];

        impl Columns {
            fn from_places(places: &HashMap<String, usize>) -> Self {
                Self { $($field: places.get(&key($name)).copied()),+ }
            }
        }
    };
}

columns! {
    handle = "Handle",
    title = "Title",
    body = "Body (HTML)",
    vendor = "Vendor",
    kind = "Type",
    tags = "Tags",
    published = "Published",
    option1_name = "Option1 Name",
    option1_value = "Option1 Value",
    option2_name = "Option2 Name",
    option2_value = "Option2 Value",
    option3_name = "Option3 Name",
    option3_value = "Option3 Value",
    sku = "Variant SKU",
    grams = "Variant Grams",
    quantity = "Variant Inventory Qty",
    price = "Variant Price",
    compare_at = "Variant Compare At Price",
    barcode = "Variant Barcode",
    image = "Image Src",
    image_position = "Image Position",
    image_alt = "Image Alt Text",
}

/// Without these there is nothing to import.
const REQUIRED: &[&str] = &["Handle", "Title", "Variant Price"];

impl Columns {
    /// Finds the columns, and says which of the file's are not used.
    pub(crate) fn find(header: &[String]) -> Result<(Self, Vec<String>), FileError> {
        let mut places = HashMap::new();
        let mut ignored = Vec::new();
        for (place, name) in header.iter().enumerate() {
            let name = name.trim();
            if !NAMES.iter().any(|known| key(known) == key(name)) {
                ignored.push(name.to_owned());
            } else if places.insert(key(name), place).is_some() {
                return Err(FileError::DuplicateColumn(name.to_owned()));
            }
        }
        let missing: Vec<&'static str> = REQUIRED
            .iter()
            .copied()
            .filter(|name| !places.contains_key(&key(name)))
            .collect();
        if !missing.is_empty() {
            let semicolons = header.len() == 1 && header.iter().any(|name| name.contains(';'));
            return Err(FileError::MissingColumns { missing, semicolons });
        }
        Ok((Self::from_places(&places), ignored))
    }
}

fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(header: &str) -> Result<(Columns, Vec<String>), FileError> {
        Columns::find(&header.split(',').map(ToOwned::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn by_name() {
        let (columns, ignored) = find("variant price,Colour, TITLE ,Handle").unwrap();
        assert_eq!(
            (columns.price, columns.title, columns.handle, columns.sku),
            (Some(0), Some(2), Some(3), None)
        );
        assert_eq!(ignored, ["Colour"]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = find("Handle,Body (HTML)").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the first line names no column \"Title\", \"Variant Price\""
        );
        assert!(
            find("Handle;Title;Variant Price")
                .unwrap_err()
                .to_string()
                .contains("commas, not semicolons")
        );
        assert!(matches!(
            find("Handle,Title,title,Variant Price"),
            Err(FileError::DuplicateColumn(_))
        ));
    }
}
