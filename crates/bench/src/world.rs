//! Fills a development server with accounts, follows and statuses, over its own API.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Ask, Client};

#[derive(Args, Clone)]
pub struct WorldArgs {
    /// How many accounts sign up.
    #[arg(long, default_value_t = 2_000)]
    pub accounts: usize,
    /// How many statuses they post.
    #[arg(long, default_value_t = 20_000)]
    pub statuses: usize,
    /// How many of the accounts follow others.
    #[arg(long, default_value_t = 200)]
    pub viewers: usize,
    /// How many accounts each of these follows.
    #[arg(long, default_value_t = 100)]
    pub follows: usize,
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// Where tokens and ids are written to, for the measurements.
    #[arg(long, default_value = "bench-world.json")]
    pub out: PathBuf,
}

/// Who there is: the viewers come first.
#[derive(serde::Serialize, Deserialize, Clone)]
pub struct World {
    pub viewers: usize,
    pub people: Vec<Person>,
}

#[derive(serde::Serialize, Deserialize, Clone)]
pub struct Person {
    pub id: String,
    pub token: String,
}

impl World {
    pub fn read(path: &Path) -> Result<World> {
        let text = std::fs::read(path)
            .with_context(|| format!("{}: make a world first, with `world`", path.display()))?;
        Ok(serde_json::from_slice(&text)?)
    }
}

/// A cheap mixing of numbers (Steele et al., SplitMix64), so that a world is the same each time.
pub fn mix(number: u64) -> u64 {
    let mut word = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

pub async fn make(address: SocketAddr, args: WorldArgs) -> Result<()> {
    let app_token = app_token(address).await?;
    let run = mix(std::process::id().into()) % 1_000_000;
    let people = each(address, args.connections, args.accounts, "accounts", {
        move |client, number| {
            let app_token = app_token.clone();
            Box::pin(async move { sign_up(client, &app_token, run, number).await })
        }
    })
    .await?;
    let viewers = args.viewers.min(people.len());
    let people = Arc::new(people);
    let follows = viewers * args.follows.min(people.len().saturating_sub(1));
    let of_each = follows / viewers.max(1);
    each(address, args.connections, follows, "follows", {
        let people = people.clone();
        move |client, number| {
            let people = people.clone();
            Box::pin(async move { follow(client, &people, of_each, number).await })
        }
    })
    .await?;
    each(address, args.connections, args.statuses, "statuses", {
        let people = people.clone();
        move |client, number| {
            let people = people.clone();
            Box::pin(async move { post(client, &people, number).await })
        }
    })
    .await?;
    let world = World {
        viewers,
        people: people.as_ref().clone(),
    };
    std::fs::write(&args.out, serde_json::to_vec(&world)?)?;
    println!(
        "{} people, {viewers} of them viewers: {}",
        world.people.len(),
        args.out.display()
    );
    Ok(())
}

async fn app_token(address: SocketAddr) -> Result<String> {
    let mut client = Client::connect(address).await?;
    let scopes = "read write follow push";
    let app = json!({
        "client_name": "bench",
        "redirect_uris": "urn:ietf:wg:oauth:2.0:oob",
        "scopes": scopes,
    });
    let app = client.send(Ask::post("/api/v1/apps", "", &app)).await;
    let app = app?.json()?;
    let grant = json!({
        "grant_type": "client_credentials",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "scope": scopes,
    });
    let mut ask = Ask::post("/oauth/token", "", &grant);
    ask.token = None;
    text(&client.send(ask).await?.json()?, "access_token")
}

fn text(value: &Value, field: &str) -> Result<String> {
    let text = value[field].as_str();
    Ok(text
        .with_context(|| format!("no {field} in {value}"))?
        .to_owned())
}

async fn sign_up(client: &mut Client, app: &str, run: u64, number: usize) -> Result<Person> {
    let username = format!("b{run}_{number}");
    let body = json!({
        "username": username,
        "email": format!("{username}@example.com"),
        "password": "a password for a bench",
        "agreement": true,
        "locale": "en",
    });
    let signed_up = client
        .send(Ask::post("/api/v1/accounts", app, &body))
        .await?;
    let token = text(&signed_up.json()?, "access_token")?;
    let me = Ask::get("/api/v1/accounts/verify_credentials", &token);
    let id = text(&client.send(me).await?.json()?, "id")?;
    Ok(Person { id, token })
}

async fn follow(
    client: &mut Client,
    people: &[Person],
    of_each: usize,
    number: usize,
) -> Result<()> {
    let (viewer, which) = (number / of_each, number % of_each);
    // A stride that is the same for one viewer never meets an account twice.
    let stride = people.len() / (of_each + 1);
    let offset = mix(viewer as u64) as usize % people.len();
    let other = (offset + (which + 1) * stride.max(1)) % people.len();
    if other == viewer {
        return Ok(());
    }
    let path = format!("/api/v1/accounts/{}/follow", people[other].id);
    let ask = Ask::post(&path, &people[viewer].token, &Value::Null);
    client.send(ask).await?.json().map(drop)
}

async fn post(client: &mut Client, people: &[Person], number: usize) -> Result<()> {
    let author = &people[mix(number as u64) as usize % people.len()];
    let body = json!({ "status": words(number), "visibility": "public" });
    let ask = Ask::post("/api/v1/statuses", &author.token, &body);
    client.send(ask).await?.json().map(drop)
}

/// A text of a usual length with a hashtag now and then.
pub fn words(number: usize) -> String {
    const WORDS: [&str; 16] = [
        "the", "sea", "today", "is", "calm", "and", "petrels", "fly", "low", "over", "waves",
        "while", "we", "drink", "tea", "slowly",
    ];
    let length = 8 + mix(number as u64) % 24;
    let mut text = format!("{number}:");
    for place in 0..length {
        let word = WORDS[mix(number as u64 ^ (place << 32)) as usize % WORDS.len()];
        text.push(' ');
        text.push_str(word);
    }
    if number.is_multiple_of(10) {
        text += " #petrels";
    }
    text
}

type Doing<'a, T> = std::pin::Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Does `count` things over several connections at once; the results in order.
async fn each<T: Send + 'static>(
    address: SocketAddr,
    connections: usize,
    count: usize,
    what: &str,
    doing: impl for<'a> Fn(&'a mut Client, usize) -> Doing<'a, T> + Send + Sync + 'static,
) -> Result<Vec<T>> {
    let style = ProgressStyle::with_template("{msg:9} {bar:40} {pos}/{len} {per_sec} {eta}")?;
    let bar = ProgressBar::new(count as u64).with_style(style);
    bar.set_message(what.to_owned());
    let next = Arc::new(AtomicUsize::new(0));
    let doing = Arc::new(doing);
    let mut tasks = Vec::new();
    for _ in 0..connections.min(count.max(1)) {
        let (next, doing, bar) = (next.clone(), doing.clone(), bar.clone());
        tasks.push(tokio::spawn(async move {
            let mut client = Client::connect(address).await?;
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok::<_, anyhow::Error>(done);
                }
                done.push((number, doing(&mut client, number).await?));
                bar.inc(1);
            }
        }));
    }
    let mut done = Vec::with_capacity(count);
    for task in tasks {
        done.extend(task.await??);
    }
    bar.finish();
    done.sort_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}
