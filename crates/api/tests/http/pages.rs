//! The pages of log-in, consent and sign-up, as a browser without script goes through them.

use axum::body::Body;
use axum::http::{Request, header};
use petrel_social::accounts::LETTERS_AGAIN_MAX;
use petrel_social::settings::Settings;
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::Serializer;

use crate::house::{Answer, House, OUT_OF_BAND, PASSWORD, config, settings};

const CALLBACK: &str = "com.example.app://callback?from=p";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A browser: it keeps cookies.
struct Browser<'a> {
    house: &'a House,
    cookies: Vec<String>,
}

impl<'a> Browser<'a> {
    fn new(house: &'a House) -> Browser<'a> {
        Browser {
            house,
            cookies: Vec::new(),
        }
    }

    async fn send(&mut self, request: Request<Body>) -> Answer {
        let (mut head, body) = request.into_parts();
        let cookies = self.cookies.join("; ");
        head.headers
            .insert(header::COOKIE, cookies.parse().unwrap());
        head.headers
            .insert(header::HOST, "p.example".parse().unwrap());
        let answer = self.house.send(Request::from_parts(head, body)).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            assert!(
                cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
                "{cookie}"
            );
            assert!(cookie.contains("; Secure"), "{cookie}");
            let (pair, _) = cookie.split_once(';').unwrap();
            let (name, _) = pair.split_once('=').unwrap();
            self.cookies
                .retain(|kept| !kept.starts_with(&format!("{name}=")));
            self.cookies.push(pair.to_owned());
        }
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::builder()
            .method("POST")
            .uri(path)
            .header(header::ORIGIN, "https://p.example")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    async fn log_in(&mut self, page: &Answer, password: &str) -> Answer {
        let (secret, next) = (page.hidden("form_secret"), page.hidden("next"));
        let fields = [
            ("form_secret", &*secret),
            ("next", &*next),
            ("username", "ann@example.org"),
            ("password", password),
        ];
        self.submit("/auth/sign_in", &fields).await
    }

    async fn decide(&mut self, page: &Answer, decision: &str) -> Answer {
        let names = [
            "form_secret",
            "client_id",
            "redirect_uri",
            "response_type",
            "scope",
            "state",
            "code_challenge",
            "code_challenge_method",
        ];
        let values = names.map(|name| (name, page.hidden(name)));
        let mut fields: Vec<_> = values
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        fields.push(("decision", decision));
        self.submit("/oauth/authorize", &fields).await
    }
}

fn location(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.header("location").unwrap().to_owned()
}

fn request_of(app: &Value, redirect_uri: &str, scope: &str) -> String {
    let query = Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", app["client_id"].as_str().unwrap())
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("scope", scope)
        .append_pair("state", "a state & more")
        .append_pair("code_challenge", CHALLENGE)
        .append_pair("code_challenge_method", "S256")
        .finish();
    format!("/oauth/authorize/?{query}")
}

async fn app_of(house: &House, redirect_uri: &str) -> Value {
    let body =
        json!({ "client_name": "<App>", "redirect_uris": redirect_uri, "scopes": "read write" });
    house.post("/api/v1/apps", "", body).await.ok()
}

async fn exchange(
    house: &House,
    app: &Value,
    redirect_uri: &str,
    code: &str,
    verifier: &str,
) -> Answer {
    let body = json!({
        "grant_type": "authorization_code", "client_id": app["client_id"],
        "client_secret": app["client_secret"], "redirect_uri": redirect_uri,
        "code": code, "code_verifier": verifier,
    });
    house.post("/oauth/token", "", body).await
}

#[tokio::test]
async fn a_person_lets_an_app_in_and_the_code_is_good_once() {
    let house = House::new();
    house.sign_up("ann").await;
    let app = app_of(&house, CALLBACK).await;
    let mut browser = Browser::new(&house);
    let page = browser.get(&request_of(&app, CALLBACK, "read")).await;
    assert_eq!(page.status, 200);
    let next = location(&browser.log_in(&page, PASSWORD).await);
    let consent = browser.get(&next).await;
    assert!(
        consent.text.contains("&lt;App&gt;"),
        "the name of the app is text"
    );
    assert!(
        consent
            .header("content-security-policy")
            .unwrap()
            .contains("frame-ancestors 'none'")
    );
    let back = location(&browser.decide(&consent, "approve").await);
    let back = Url::parse(&back).unwrap();
    assert!(back.as_str().starts_with(CALLBACK), "{back}");
    let value = |name: &str| {
        back.query_pairs()
            .find(|(key, _)| key == name)
            .unwrap()
            .1
            .into_owned()
    };
    assert_eq!(value("state"), "a state & more");
    let code = value("code");
    assert_eq!(
        exchange(&house, &app, CALLBACK, &code, "wrong")
            .await
            .refused(400),
        "invalid_grant"
    );
    let token = exchange(&house, &app, CALLBACK, &code, VERIFIER).await.ok();
    assert_eq!(token["scope"], "read");
    house
        .get(
            "/api/v1/timelines/home",
            token["access_token"].as_str().unwrap(),
        )
        .await
        .ok();
    assert_eq!(
        exchange(&house, &app, CALLBACK, &code, VERIFIER)
            .await
            .refused(400),
        "invalid_grant"
    );
}

#[tokio::test]
async fn an_app_without_a_way_back_gets_the_code_on_a_page() {
    let house = House::new();
    house.sign_up("ann").await;
    let app = app_of(&house, OUT_OF_BAND).await;
    let mut browser = Browser::new(&house);
    let page = browser.get(&request_of(&app, OUT_OF_BAND, "read")).await;
    let next = location(&browser.log_in(&page, PASSWORD).await);
    let consent = browser.get(&next).await;
    let shown = browser.decide(&consent, "approve").await;
    let (_, rest) = shown.text.split_once("<code class=\"code\">").unwrap();
    let code = rest.split_once('<').unwrap().0;
    exchange(&house, &app, OUT_OF_BAND, code, VERIFIER)
        .await
        .ok();
    let again = browser.get(&request_of(&app, OUT_OF_BAND, "read")).await;
    assert!(again.text.contains("decision"), "the session lasts");
    let denied = browser.decide(&again, "deny").await;
    assert_eq!(denied.status, 400);
    let forced = browser
        .get(&(request_of(&app, OUT_OF_BAND, "read") + "&force_login=true"))
        .await;
    assert!(forced.text.contains("type=\"password\""));
}

#[tokio::test]
async fn a_stranger_is_led_nowhere() {
    let house = House::new();
    let app = app_of(&house, CALLBACK).await;
    let mut browser = Browser::new(&house);
    for wrong in [
        request_of(&app, CALLBACK, "nonsense"),
        request_of(&app, CALLBACK, "read").replace("=code&", "=token&"),
    ] {
        let page = browser.get(&wrong).await;
        assert_eq!(page.status, 200, "{:?}", page.header("location"));
        assert!(page.hidden("next").starts_with("/oauth/authorize?"));
    }
}

#[tokio::test]
async fn no_leads_back_with_the_reason() {
    let house = House::new();
    house.sign_up("ann").await;
    let app = app_of(&house, CALLBACK).await;
    let mut browser = Browser::new(&house);
    let page = browser.get(&request_of(&app, CALLBACK, "read")).await;
    let next = location(&browser.log_in(&page, PASSWORD).await);
    let consent = browser.get(&next).await;
    let denied = location(&browser.decide(&consent, "deny").await);
    assert!(
        denied.contains("error=access_denied") && denied.contains("state="),
        "{denied}"
    );
    let too_much = browser
        .get(&request_of(&app, CALLBACK, "read follow push"))
        .await;
    assert!(location(&too_much).contains("error=invalid_scope"));
    // A person would be shown nothing, and the app given something.
    let nothing = browser.get(&request_of(&app, CALLBACK, ",")).await;
    assert!(location(&nothing).contains("error=invalid_scope"));
    let plain = request_of(&app, CALLBACK, "read").replace("S256", "plain");
    assert!(location(&browser.get(&plain).await).contains("error=invalid_request"));
}

#[tokio::test]
async fn a_redirect_uri_must_be_the_app_s_own() {
    let house = House::new();
    let app = app_of(&house, CALLBACK).await;
    let mut browser = Browser::new(&house);
    for foreign in [
        "https://evil.example/",
        "com.example.app://callback",
        OUT_OF_BAND,
    ] {
        let answer = browser.get(&request_of(&app, foreign, "read")).await;
        assert_eq!(answer.status, 400, "{foreign}");
        assert_eq!(answer.header("location"), None);
    }
    let unknown = json!({ "client_id": "nobody" });
    assert_eq!(
        browser
            .get(&request_of(&unknown, CALLBACK, "read"))
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn forms_that_are_not_ours_are_refused() {
    let house = House::new();
    house.sign_up("ann").await;
    let app = app_of(&house, CALLBACK).await;
    let mut browser = Browser::new(&house);
    let page = browser.get(&request_of(&app, CALLBACK, "read")).await;
    let wrong = browser.log_in(&page, "wrong password").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("role=\"alert\"") && wrong.text.contains("ann@example.org"));
    let next = location(&browser.log_in(&page, PASSWORD).await);
    let consent = browser.get(&next).await;
    let secret = consent.hidden("form_secret");
    let id = app["client_id"].as_str().unwrap();
    let mut fields = vec![
        ("form_secret", "forged"),
        ("client_id", id),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("decision", "approve"),
    ];
    assert_eq!(
        browser.submit("/oauth/authorize", &fields).await.status,
        400
    );
    fields[0].1 = &secret;
    let body = Serializer::new(String::new())
        .extend_pairs(&fields)
        .finish();
    let foreign = Request::builder()
        .method("POST")
        .uri("/oauth/authorize")
        .header(header::ORIGIN, "https://evil.example")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap();
    assert_eq!(browser.send(foreign).await.status, 400);
    assert_eq!(
        browser.submit("/oauth/authorize", &fields).await.status,
        303
    );
}

#[tokio::test]
async fn nobody_is_let_in_before_their_address_is_confirmed() {
    let settings = Settings {
        confirm_at_once: false,
        ..settings()
    };
    let house = House::with(settings, config());
    house.sign_up("ann").await;
    let app = app_of(&house, CALLBACK).await;
    let mut browser = Browser::new(&house);
    let page = browser.get(&request_of(&app, CALLBACK, "read")).await;
    let mut told = async |password: &str| {
        let refused = browser.log_in(&page, password).await;
        assert_eq!(refused.status, 422);
        refused.text
    };
    let wrong = told("a wrong one").await;
    assert!(wrong.contains("password is wrong") && !wrong.contains("confirmed"));
    for _ in 0..LETTERS_AGAIN_MAX {
        let sent = told(PASSWORD).await;
        assert!(sent.contains("not confirmed yet") && sent.contains("letter to you again"));
    }
    let often = told(PASSWORD).await;
    assert!(often.contains("not confirmed yet") && often.contains("come back tomorrow"));
    assert!(
        !browser
            .cookies
            .iter()
            .any(|cookie| cookie.contains("session"))
    );
}

#[tokio::test]
async fn signing_up_and_out_by_the_page() {
    let house = House::new();
    let mut browser = Browser::new(&house);
    let page = browser
        .get("/auth/sign_up?next=/oauth/authorize?a%3Db")
        .await;
    let next = page.hidden("next");
    let secret = page.hidden("form_secret");
    let mut fields = vec![
        ("form_secret", &*secret),
        ("username", "no spaces please"),
        ("next", &*next),
        ("email", "bob@example.org"),
        ("password", PASSWORD),
        ("agreement", "1"),
    ];
    let wrong = browser.submit("/auth/sign_up", &fields).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("aria-invalid") && wrong.text.contains("bob@example.org"));
    fields[1].1 = "bob";
    let there = location(&browser.submit("/auth/sign_up", &fields).await);
    assert_eq!(there, "/oauth/authorize?a=b");
    house.get("/api/v1/accounts/lookup?acct=bob", "").await.ok();
    let app = app_of(&house, CALLBACK).await;
    let consent = browser.get(&request_of(&app, CALLBACK, "read")).await;
    assert!(consent.text.contains("@bob@p.example"));
    let out = browser
        .submit("/auth/sign_out", &[("form_secret", &*secret)])
        .await;
    assert_eq!(location(&out), "/auth/sign_in");
    let page = browser.get(&request_of(&app, CALLBACK, "read")).await;
    assert!(page.text.contains("type=\"password\""));
    let nonsense = browser
        .get("/auth/confirmation?confirmation_token=nonsense")
        .await;
    assert_eq!(nonsense.status, 404);
}
