use axum::body::Body;

use super::*;

async fn sent(kind: &str, query: &str, body: impl Into<Body>) -> Result<Params, ParamError> {
    let request = Request::builder()
        .uri(format!("/api/v1/x{query}"))
        .header(header::CONTENT_TYPE, kind)
        .body(body.into())
        .unwrap();
    read(request, &()).await
}

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=B";

fn multipart(parts: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (disposition, value) in parts {
        body += &format!("--B\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{value}\r\n");
    }
    body + "--B--\r\n"
}

#[tokio::test]
async fn the_same_is_read_out_of_every_form() {
    let json = r#"{"status":"hé","sensitive":true,"id":[1,"2"],"source":{"privacy":"private"}}"#;
    let form = "status=h%C3%A9&sensitive=on&id[]=1&id[]=2&source[privacy]=private";
    let numbered = "status=h%C3%A9&sensitive=1&id[1]=2&id[0]=1&source[privacy]=private";
    let parts = multipart(&[
        ("name=\"status\"", "hé"),
        ("name=\"sensitive\"", "true"),
        ("name=\"id[]\"", "1"),
        ("name=\"id[]\"", "2"),
        ("name=\"source[privacy]\"", "private"),
    ]);
    for params in [
        sent("application/json; charset=utf-8", "", json).await,
        sent(FORM, "", form).await,
        sent(FORM, "", numbered).await,
        sent(MULTIPART, "", parts).await,
        sent("", &format!("?{form}"), "").await,
    ] {
        let params = params.unwrap();
        let fields = params.fields();
        assert_eq!(fields.text("status"), Ok(Some("hé".to_owned())));
        assert_eq!(fields.flag("sensitive"), Ok(Some(true)));
        assert_eq!(fields.ids::<petrel_model::id::Id>("id").unwrap().len(), 2);
        assert_eq!(fields.list("id").unwrap(), ["1", "2"]);
        let source = fields.map("source").unwrap().unwrap();
        assert_eq!(source.text("privacy"), Ok(Some("private".to_owned())));
        assert_eq!(fields.text("absent"), Ok(None));
    }
}

#[tokio::test]
async fn the_body_wins_over_the_query_string() {
    let params = sent(FORM, "?a=1&b=2", "a=3").await.unwrap();
    assert_eq!(params.fields().number("a"), Ok(Some(3)));
    assert_eq!(params.fields().number("b"), Ok(Some(2)));
}

#[tokio::test]
async fn fields_of_a_profile_come_as_map_or_list() {
    let form = "f[0][name]=a&f[0][value]=b&f[10][name]=d&f[2][name]=c";
    let params = sent(FORM, "", form).await.unwrap();
    let fields = params.fields();
    let names = fields.maps("f").unwrap().unwrap().into_iter();
    let names: Vec<_> = names
        .map(|map| map.text("name").unwrap().unwrap())
        .collect();
    assert_eq!(names, ["a", "c", "d"]);
    let json = r#"{"f":[{"name":"a"}]}"#;
    let params = sent("application/json", "", json).await.unwrap();
    assert_eq!(params.fields().maps("f").unwrap().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_broken_is_said_and_never_panics() {
    for (kind, query, body) in [
        ("application/json", "", "{\"a\":"),
        ("application/json", "", "[1]"),
        ("application/json", "", "\"x\""),
        (FORM, "", "a=%ff"),
        ("", "?a=%ff", ""),
        (MULTIPART, "", "--B\r\nnonsense"),
        ("multipart/form-data", "", "no boundary"),
        (FORM, "", "a[]=1&a[b]=2"),
    ] {
        assert!(
            sent(kind, query, body).await.is_err(),
            "{kind} {query} {body}"
        );
    }
    assert!(
        sent("application/json", "", &b"{\"a\":\"\xff\"}"[..])
            .await
            .is_err()
    );
    assert!(sent("application/json", "", "  ").await.is_ok());
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(
        sent("application/json", "", format!("{{\"a\":{deep}}}"))
            .await
            .is_err()
    );
    let many = "a[]=1&".repeat(VALUES_MAX + 1);
    assert_eq!(sent(FORM, "", many).await.err(), Some(ParamError::TooMany));
}

#[tokio::test]
async fn wrong_types_name_their_field() {
    let json =
        r#"{"flag":"maybe","n":-1,"id":"x","t":{"a":1},"l":{"a":1},"big":"99999999999999999999"}"#;
    let params = sent("application/json", "", json).await.unwrap();
    let fields = params.fields();
    let says = |why: ParamError, name: &str| assert!(why.to_string().contains(name), "{why}");
    says(fields.flag("flag").unwrap_err(), "flag");
    says(fields.number("n").unwrap_err(), "n");
    says(fields.id::<petrel_model::id::Id>("id").unwrap_err(), "id");
    says(fields.text("t").unwrap_err(), "t");
    says(fields.list("l").unwrap_err(), "l");
    says(fields.require_text("absent").unwrap_err(), "absent");
    let inner = fields.map("t").unwrap().unwrap();
    says(
        inner.flag("a").map(|_| inner.wrong("a", "")).unwrap(),
        "t[a]",
    );
    assert_eq!(fields.id("big"), Ok(Some(petrel_model::id::Id::MAX)));
}

#[tokio::test]
async fn files_are_refused_but_empty_ones_are_nothing() {
    let avatar = multipart(&[("name=\"avatar\"; filename=\"a.png\"", "PNG")]);
    assert_eq!(
        sent(MULTIPART, "", avatar).await.err(),
        Some(ParamError::File("avatar".to_owned()))
    );
    let empty = multipart(&[
        ("name=\"avatar\"; filename=\"\"", ""),
        ("name=\"note\"", "x"),
    ]);
    let params = sent(MULTIPART, "", empty).await.unwrap();
    assert_eq!(params.fields().text("note"), Ok(Some("x".to_owned())));
}
