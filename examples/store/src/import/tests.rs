//! What a file becomes, as data: the text of a file, and what must come of it.

use super::*;

const HEADER: &str = "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,\
    Variant Inventory Qty,Variant Price,Image Src,Image Position";

/// `handle: price/stock price/stock` per product, `line code` per thing left out.
fn check(rows: &str) -> (Vec<String>, Vec<String>) {
    let catalogue = parse(format!("{HEADER}\n{rows}").as_bytes()).unwrap();
    let products = catalogue.drafts.iter().map(|draft| {
        let variants: Vec<_> = draft
            .variants
            .iter()
            .map(|v| format!("{}/{}", v.price_minor, v.stock))
            .collect();
        format!("{}: {}", draft.handle, variants.join(" "))
    });
    let skipped = catalogue.skipped.iter().map(|s| format!("{} {}", s.line, s.code));
    (products.collect(), skipped.collect())
}

#[test]
fn several_rows_make_one_product() {
    let (products, skipped) = check(
        "shirt,Shirt,<p>Soft</p>,Acme,Tops,\"men, blue\",true,Size,S,S-1,3,10,https://x.example/2.jpg,2\n\
         shirt,,,,,,,,M,S-2,0,10.50,https://x.example/1.jpg,1\n\
         shirt,,,,,,,,,,,,https://x.example/3.jpg,\n",
    );
    assert_eq!((products, skipped), (vec!["shirt: 1000/3 1050/0".into()], vec![]));
}

#[test]
fn images_stand_in_their_order_and_bodies_are_harmless() {
    let catalogue = parse(
        format!(
            "{HEADER}\n\
             a,A,\"<p onclick=\"\"x()\"\">Hi<script>alert(1)</script></p>\",,,,,Title,Default Title,,1,1,https://x.example/2.jpg,2\n\
             a,,,,,,,,,,,,https://x.example/1.jpg,1\n\
             a,,,,,,,,,,,,javascript:alert(1),3\n"
        )
        .as_bytes(),
    )
    .unwrap();
    let draft = &catalogue.drafts[0];
    assert_eq!(draft.description_html, "<p>Hi</p>");
    assert!(draft.options.is_empty(), "Title = Default Title is no option");
    let images: Vec<_> = draft.images.iter().map(|image| image.src.as_str()).collect();
    assert_eq!(images, ["https://x.example/1.jpg", "https://x.example/2.jpg"]);
    assert_eq!(
        catalogue.skipped[0].to_string(),
        "line 4 (a): image left out: Image Src must begin with https:// or http:// and have at most 2000 bytes"
    );
}

#[test]
fn a_bad_variant_loses_only_itself() {
    for (bad, code) in [
        ("-1", "price"),
        ("1.999", "price"),
        ("free", "price"),
        ("9999999999999999999999", "price"),
    ] {
        let (products, skipped) = check(&format!(
            "a,A,,,,,,Size,S,,1,{bad},,\na,,,,,,,,M,,2,5,,\nb,B,,,,,,Title,Default Title,,1,7,,\n"
        ));
        assert_eq!(products, ["a: 500/2", "b: 700/1"], "{bad}");
        assert_eq!(skipped, [format!("2 {code}")], "{bad}");
    }
    let (products, skipped) = check("a,A,,,,,,Size,S,,-4,1,,\na,,,,,,,,M,,1.5,1,,\na,,,,,,,,L,,1,1,,\n");
    assert_eq!(
        (products, skipped),
        (
            vec!["a: 100/1".into()],
            vec!["2 number".into(), "3 number".into()]
        )
    );
}

#[test]
fn duplicates() {
    let (products, skipped) = check(
        "a,A,,,,,,Size,S,X,1,1,,\n\
         a,,,,,,,,S,,1,1,,\n\
         a,,,,,,,,M,X,1,1,,\n\
         b,B,,,,,,Title,Default Title,X,1,1,,\n\
         a,Other,,,,,,Size,L,,1,1,,\n\
         a,A,,,,,,Size,XL,,1,1,,\n",
    );
    assert_eq!(
        products,
        ["a: 100/1 100/1"],
        "the product that has no variant left is named"
    );
    assert_eq!(
        skipped,
        [
            "3 duplicate_variant",
            "4 duplicate_sku",
            "5 duplicate_sku",
            "5 no_variant",
            "6 duplicate_handle"
        ]
    );
}

#[test]
fn what_names_no_product() {
    let (products, skipped) = check(
        ",No handle,,,,,,,,,1,1,,\n\
         a b,Space,,,,,,,,,1,1,,\n\
         ../x,Path,,,,,,,,,1,1,,\n\
         c,,,,,,,,,,1,1,,\n\
         ,,,,,,,,,,,,,\n\
         d,D,,,,,maybe,,,,1,1,,\n\
         e,E,,,,,,Size,S,,1,1,,\n",
    );
    assert_eq!(products, ["e: 100/1"]);
    assert_eq!(
        skipped,
        [
            "2 missing_handle",
            "3 invalid_handle",
            "4 invalid_handle",
            "5 missing_title",
            "7 bool"
        ]
    );
}

#[test]
fn long_fields() {
    let (products, skipped) = check(&format!(
        "a,{},,,,,,,,,1,1,,\nb,B,,,,,,,,,1,1,,\n",
        "x".repeat(300)
    ));
    assert_eq!(
        (products, skipped),
        (vec!["b: 100/1".into()], vec!["2 too_long".into()])
    );
}

#[test]
fn slugs() {
    for (name, expected) in [("Home & Garden", "home-garden"), (" Öl ", "öl"), ("A--b", "a-b")] {
        assert_eq!(slug(name), expected);
    }
    assert_eq!(slug("!!!").len(), 12);
    assert_ne!(slug("!!!"), slug("???"));
}

#[test]
fn a_fingerprint_is_of_the_content() {
    let read = |text: &str| {
        parse(format!("{HEADER}\n{text}").as_bytes())
            .unwrap()
            .drafts
            .remove(0)
    };
    let first = read("a,A,,,,,,,,,1,1,,\n");
    assert_eq!(fingerprint(&first), fingerprint(&read("\n\na,A,,,,,,,,,1,1,,\n")));
    assert_ne!(fingerprint(&first), fingerprint(&read("a,B,,,,,,,,,1,1,,\n")));
}
