//! Records → products: the rows of one handle are gathered, each value is checked where it stands.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::columns::Columns;
use super::lines::Record;
use super::report::{Part, Skipped, Why};
use crate::money::{self, InvalidPrice};

const MAX_TITLE: usize = 255;
const MAX_BODY: usize = 100_000;
const MAX_IMAGES: usize = 100;
const MAX_VARIANTS: usize = 500;
const MAX_STOCK: i64 = 1_000_000_000;
const MAX_GRAMS: i64 = 1_000_000_000;

/// A picture of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Image {
    /// Where it is.
    pub src: String,
    /// What it shows, for those who do not see it.
    pub alt: String,
}

/// A product as a file tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// Its first line in the file.
    #[serde(skip)]
    pub line: u64,
    /// Its name in addresses, unique in the store.
    pub handle: String,
    /// Its title.
    pub title: String,
    /// Its description; only harmless HTML is left in it.
    pub description_html: String,
    /// Its brand, or nothing.
    pub brand: String,
    /// The name of its category, or nothing.
    pub category: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whether it is to be seen.
    pub visible: bool,
    /// The names of its options: `Size`, `Colour`.
    pub options: Vec<String>,
    /// Its pictures in their order.
    pub images: Vec<Image>,
    /// What can be bought; never empty.
    #[serde(skip)]
    pub variants: Vec<VariantDraft>,
}

/// A variant as a file tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VariantDraft {
    /// Its line in the file.
    #[serde(skip)]
    pub line: u64,
    /// The values of the product's options, empty where there is none.
    pub options: [String; 3],
    /// The article number.
    pub sku: Option<String>,
    /// The bar code.
    pub barcode: Option<String>,
    /// Its weight.
    pub grams: i64,
    /// Its price.
    pub price_minor: i64,
    /// What it cost before.
    pub compare_at_minor: Option<i64>,
    /// How many there are.
    pub stock: i64,
}

/// Whether a text can name a product in an address.
pub(crate) fn is_handle(text: &str) -> bool {
    (1..=200).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

/// Products while their rows come in.
pub(crate) struct Gatherer<'c> {
    columns: &'c Columns,
    drafts: Vec<(Draft, BTreeMap<i64, Vec<Image>>)>,
    by_handle: HashMap<String, usize>,
    skus: HashMap<String, u64>,
    skipped: Vec<Skipped>,
}

impl<'c> Gatherer<'c> {
    pub(crate) fn new(columns: &'c Columns) -> Self {
        Self {
            columns,
            drafts: Vec::new(),
            by_handle: HashMap::new(),
            skus: HashMap::new(),
            skipped: Vec::new(),
        }
    }

    /// Takes the next record.
    pub(crate) fn push(&mut self, record: &Record) {
        if record.fields.iter().all(|field| field.trim().is_empty()) {
            return;
        }
        let row = Row {
            record,
            columns: self.columns,
        };
        let handle = row.get(self.columns.handle);
        let place = match self.product(row, handle) {
            Ok(place) => place,
            Err(why) => {
                let handle = (!handle.is_empty() && is_handle(handle)).then_some(handle);
                return self
                    .skipped
                    .push(Skipped::new(record.line, handle, Part::Line, &why));
            }
        };
        for (part, result) in [
            (Part::Variant, self.variant(row, place)),
            (Part::Image, self.image(row, place)),
        ] {
            if let Err(why) = result {
                self.skipped
                    .push(Skipped::new(record.line, Some(handle), part, &why));
            }
        }
    }

    /// The products, and what was left out.
    pub(crate) fn finish(mut self) -> (Vec<Draft>, Vec<Skipped>) {
        let mut drafts = Vec::with_capacity(self.drafts.len());
        for (mut draft, images) in self.drafts {
            draft.images = images.into_values().flatten().collect();
            if draft.variants.is_empty() {
                self.skipped.push(Skipped::new(
                    draft.line,
                    Some(&draft.handle),
                    Part::Product,
                    &Why::NoVariant,
                ));
            } else {
                drafts.push(draft);
            }
        }
        (drafts, self.skipped)
    }

    /// The place of the product that the row belongs to; the first row of a handle makes it.
    fn product(&mut self, row: Row<'_>, handle: &str) -> Result<usize, Why> {
        if handle.is_empty() {
            return Err(Why::MissingHandle);
        }
        if !is_handle(handle) {
            return Err(Why::InvalidHandle);
        }
        let title = row.text(self.columns.title, "Title", MAX_TITLE)?;
        if let Some(place) = self.by_handle.get(handle) {
            return match self.drafts.get(*place) {
                Some((draft, _)) if !title.is_empty() && title != draft.title => {
                    Err(Why::DuplicateHandle { line: draft.line })
                }
                _ => Ok(*place),
            };
        }
        if title.is_empty() {
            return Err(Why::MissingTitle);
        }
        let draft = Draft {
            line: row.record.line,
            handle: handle.to_owned(),
            title: title.to_owned(),
            description_html: ammonia::clean(row.text(self.columns.body, "Body (HTML)", MAX_BODY)?),
            brand: row.text(self.columns.vendor, "Vendor", MAX_TITLE)?.to_owned(),
            category: row.text(self.columns.kind, "Type", MAX_TITLE)?.to_owned(),
            tags: tags(row.text(self.columns.tags, "Tags", 5_000)?),
            visible: row.bool(self.columns.published, "Published", true)?,
            options: row.option_names()?,
            images: Vec::new(),
            variants: Vec::new(),
        };
        let place = self.drafts.len();
        self.drafts.push((draft, BTreeMap::new()));
        self.by_handle.insert(handle.to_owned(), place);
        Ok(place)
    }

    fn variant(&mut self, row: Row<'_>, place: usize) -> Result<(), Why> {
        let c = self.columns;
        // A row without all of these only brings another image.
        if [c.price, c.sku, c.option1_value]
            .iter()
            .all(|column| row.get(*column).is_empty())
        {
            return Ok(());
        }
        let Some((draft, _)) = self.drafts.get_mut(place) else {
            return Ok(());
        };
        let mut options = [String::new(), String::new(), String::new()];
        for (value, column) in options
            .iter_mut()
            .zip([c.option1_value, c.option2_value, c.option3_value])
        {
            row.text(column, "Option Value", MAX_TITLE)?.clone_into(value);
        }
        if draft.options.is_empty() {
            // Shopify writes a product without options as Title = Default Title.
            options = Default::default();
        }
        let compare_at = row.get(c.compare_at);
        let variant = VariantDraft {
            line: row.record.line,
            options,
            sku: some(row.text(c.sku, "Variant SKU", MAX_TITLE)?),
            barcode: some(row.text(c.barcode, "Variant Barcode", MAX_TITLE)?),
            grams: row.grams(c.grams)?,
            price_minor: price("Variant Price", row.get(c.price))?,
            compare_at_minor: match compare_at {
                "" => None,
                text => Some(price("Variant Compare At Price", text)?),
            },
            stock: row.number(c.quantity, "Variant Inventory Qty", MAX_STOCK)?,
        };
        if let Some(first) = draft
            .variants
            .iter()
            .find(|known| known.options == variant.options)
        {
            return Err(Why::DuplicateVariant { line: first.line });
        }
        if draft.variants.len() == MAX_VARIANTS {
            return Err(Why::TooMany {
                what: "variants",
                limit: MAX_VARIANTS,
            });
        }
        if let Some(sku) = &variant.sku {
            if let Some(line) = self.skus.get(sku) {
                return Err(Why::DuplicateSku { line: *line });
            }
            self.skus.insert(sku.clone(), variant.line);
        }
        draft.variants.push(variant);
        Ok(())
    }

    fn image(&mut self, row: Row<'_>, place: usize) -> Result<(), Why> {
        let src = row.get(self.columns.image);
        let Some((_, images)) = self.drafts.get_mut(place) else {
            return Ok(());
        };
        if src.is_empty() || images.values().flatten().any(|known| known.src == src) {
            return Ok(());
        }
        if !is_web_address(src) {
            return Err(Why::InvalidImage);
        }
        let alt = row
            .text(self.columns.image_alt, "Image Alt Text", 1_000)?
            .to_owned();
        // Real files leave the position of some images out: those come last.
        let position = row
            .get(self.columns.image_position)
            .parse::<i64>()
            .unwrap_or(i64::MAX);
        if images.values().map(Vec::len).sum::<usize>() == MAX_IMAGES {
            return Err(Why::TooMany {
                what: "images",
                limit: MAX_IMAGES,
            });
        }
        images.entry(position).or_default().push(Image {
            src: src.to_owned(),
            alt,
        });
        Ok(())
    }
}

/// Whether a text can stand in `<img src>`.
pub(crate) fn is_web_address(text: &str) -> bool {
    (text.starts_with("https://") || text.starts_with("http://"))
        && text.len() <= 2_000
        && !text
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '\\'))
}

#[derive(Clone, Copy)]
struct Row<'r> {
    record: &'r Record,
    columns: &'r Columns,
}

impl<'r> Row<'r> {
    fn get(self, column: Option<usize>) -> &'r str {
        column
            .and_then(|place| self.record.fields.get(place))
            .map_or("", |field| field.trim())
    }

    fn text(self, column: Option<usize>, name: &'static str, limit: usize) -> Result<&'r str, Why> {
        let text = self.get(column);
        if text.len() > limit {
            Err(Why::TooLong { column: name, limit })
        } else {
            Ok(text)
        }
    }

    fn bool(self, column: Option<usize>, name: &'static str, default: bool) -> Result<bool, Why> {
        match self.get(column).to_ascii_lowercase().as_str() {
            "" => Ok(default),
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Why::Bool { column: name }),
        }
    }

    fn number(self, column: Option<usize>, name: &'static str, limit: i64) -> Result<i64, Why> {
        match self.get(column) {
            "" => Ok(0),
            text => match text.parse() {
                Ok(number) if (0..=limit).contains(&number) => Ok(number),
                _ => Err(Why::Number { column: name, limit }),
            },
        }
    }

    /// Real files hold weights such as `453.59237`: whole grams are enough for a shop.
    fn grams(self, column: Option<usize>) -> Result<i64, Why> {
        let wrong = Why::Number {
            column: "Variant Grams",
            limit: MAX_GRAMS,
        };
        let text = self.get(column);
        let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
        if text.is_empty() {
            return Ok(0);
        }
        match whole.parse() {
            Ok(grams) if (0..=MAX_GRAMS).contains(&grams) && rest.bytes().all(|b| b.is_ascii_digit()) => {
                Ok(grams)
            }
            _ => Err(wrong),
        }
    }

    fn option_names(self) -> Result<Vec<String>, Why> {
        let c = self.columns;
        let mut names = Vec::new();
        for column in [c.option1_name, c.option2_name, c.option3_name] {
            let name = self.text(column, "Option Name", MAX_TITLE)?;
            if !name.is_empty() {
                names.push(name.to_owned());
            }
        }
        let none = names == ["Title"] && matches!(self.get(c.option1_value), "" | "Default Title");
        Ok(if none { Vec::new() } else { names })
    }
}

fn price(column: &'static str, text: &str) -> Result<i64, Why> {
    money::parse_price(text).map_err(|why: InvalidPrice| Why::Price { column, why })
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn tags(text: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in text.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}
