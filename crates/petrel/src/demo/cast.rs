//! Who lives in the demo network, and what they say. The texts are files beside this one.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use petrel_model::visibility::Visibility;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub name: String,
    pub display: String,
    pub lang: String,
    pub note: String,
    #[serde(default)]
    pub fields: Vec<(String, String)>,
    #[serde(default)]
    pub locked: bool,
    #[serde(default)]
    pub bot: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    pub by: String,
    pub text: String,
    /// The post of the thread that it replies to; the first has none.
    #[serde(default)]
    pub re: usize,
    pub lang: Option<String>,
    pub cw: Option<String>,
    visibility: Option<String>,
    #[serde(default)]
    pub pin: bool,
    pub edit: Option<String>,
}

#[derive(Deserialize)]
pub struct Thread {
    pub posts: Vec<Post>,
}

#[derive(Deserialize)]
pub struct Bot {
    pub by: String,
    pub posts: Vec<String>,
}

pub struct Cast {
    pub people: Vec<Person>,
    pub threads: Vec<Thread>,
    /// How many of the threads are conversations; the rest are single posts of bots.
    pub conversations: usize,
    places: HashMap<String, usize>,
}

#[derive(Deserialize)]
struct PeopleFile {
    people: Vec<Person>,
}

#[derive(Deserialize)]
struct ThreadsFile {
    threads: Vec<Thread>,
}

#[derive(Deserialize)]
struct BotsFile {
    bots: Vec<Bot>,
}

impl Cast {
    pub fn read() -> Result<Cast> {
        let people: PeopleFile = toml::from_str(include_str!("people.toml"))?;
        let threads: ThreadsFile = toml::from_str(include_str!("threads.toml"))?;
        let bots: BotsFile = toml::from_str(include_str!("bots.toml"))?;
        let people = people.people;
        let places = people.iter().enumerate();
        let places = places.map(|(place, person)| (person.name.clone(), place));
        let mut cast = Cast {
            conversations: threads.threads.len(),
            threads: threads.threads,
            places: places.collect(),
            people,
        };
        for bot in bots.bots {
            let alone = |text| Thread {
                posts: vec![Post::of_bot(&bot.by, text)],
            };
            cast.threads.extend(bot.posts.into_iter().map(alone));
        }
        cast.check()?;
        Ok(cast)
    }

    /// Which of the people bears the name.
    pub fn place(&self, name: &str) -> usize {
        self.places[name]
    }

    fn check(&self) -> Result<()> {
        for post in self.threads.iter().flat_map(|thread| &thread.posts) {
            let known = self.places.contains_key(&post.by);
            ensure!(known, "nobody is called {}", post.by);
            post.parse_visibility()?;
        }
        for thread in &self.threads {
            let posts = thread.posts.iter().enumerate();
            let backwards = |(place, post): (usize, &Post)| post.re < place.max(1);
            ensure!(
                posts.clone().all(backwards),
                "a reply comes before what it replies to"
            );
        }
        Ok(())
    }
}

impl Post {
    fn of_bot(by: &str, text: String) -> Post {
        Post {
            by: by.to_owned(),
            text,
            re: 0,
            lang: None,
            cw: None,
            visibility: None,
            pin: false,
            edit: None,
        }
    }

    pub fn visibility(&self) -> Visibility {
        self.parse_visibility().unwrap_or(Visibility::Public)
    }

    fn parse_visibility(&self) -> Result<Visibility> {
        let word = self.visibility.as_deref().unwrap_or("public");
        word.parse()
            .ok()
            .with_context(|| format!("no visibility: {word}"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn there_is_enough_to_see() {
        let cast = Cast::read().unwrap();
        let posts = cast.threads.iter().flat_map(|thread| &thread.posts);
        let langs: HashSet<_> = cast.people.iter().map(|person| &person.lang).collect();
        assert!(cast.people.len() >= 36);
        assert!(posts.clone().count() >= 300);
        assert!(langs.len() >= 20);
        for needed in [
            Visibility::Unlisted,
            Visibility::Private,
            Visibility::Direct,
        ] {
            assert!(posts.clone().any(|post| post.visibility() == needed));
        }
    }
}
