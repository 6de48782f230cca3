//! `Link` headers lead through a whole list, both ways.

use std::collections::BTreeSet;

use crate::house::{Answer, House, URL};

/// Where the link of that relation leads, within this server.
fn link(answer: &Answer, rel: &str) -> Option<String> {
    let links = answer.header("link")?;
    let links = links.split(", ");
    let mut of_rel = links.filter(|link| link.ends_with(&format!("rel=\"{rel}\"")));
    let (address, _) = of_rel.next()?.strip_prefix('<')?.split_once('>')?;
    Some(address.strip_prefix(URL).expect("absolute").to_owned())
}

fn ids(answer: &Answer) -> Vec<String> {
    let statuses = answer.ok();
    let statuses = statuses.as_array().unwrap().iter();
    statuses
        .map(|status| status["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn every_list_of_statuses_is_walked_by_its_links() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let ann_id = house.id_of(&ann).await;
    let mut posted = Vec::new();
    for number in 0..7 {
        let status = house.say(&ann, &format!("number {number} #tag")).await;
        let id = status["id"].as_str().unwrap().to_owned();
        for verb in ["favourite", "bookmark"] {
            let path = format!("/api/v1/statuses/{id}/{verb}");
            house.post(&path, &ann, serde_json::json!({})).await.ok();
        }
        posted.insert(0, id);
    }
    for list in [
        "/api/v1/timelines/home?limit=3".to_owned(),
        "/api/v1/timelines/public?limit=3&local=true".to_owned(),
        "/api/v1/timelines/tag/tag?limit=3".to_owned(),
        format!("/api/v1/accounts/{ann_id}/statuses?limit=3&exclude_reblogs=1"),
        "/api/v1/favourites?limit=3".to_owned(),
        "/api/v1/bookmarks?limit=3".to_owned(),
    ] {
        let mut seen = Vec::new();
        let mut path = Some(list.clone());
        let mut oldest = None;
        while let Some(asked) = path {
            let answer = house.get(&asked, &ann).await;
            let page = ids(&answer);
            assert!(page.len() <= 3, "{asked}");
            if !page.is_empty() {
                oldest = link(&answer, "prev");
            }
            seen.extend(page);
            path = link(&answer, "next");
            if let Some(next) = &path {
                assert!(
                    next.contains("limit=3") && next.contains("max_id="),
                    "{next}"
                );
            }
        }
        assert_eq!(seen, posted, "{list}");
        let newer = house.get(&oldest.expect("a link back"), &ann).await;
        assert_eq!(ids(&newer), posted[3..6], "{list}");
    }
}

#[tokio::test]
async fn lists_of_accounts_are_walked_by_their_links() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let ann_id = house.id_of(&ann).await;
    let names: BTreeSet<String> = (0..5).map(|number| format!("fan{number}")).collect();
    for name in &names {
        let fan = house.sign_up(name).await;
        let path = format!("/api/v1/accounts/{ann_id}/follow");
        house.post(&path, &fan, serde_json::json!({})).await.ok();
    }
    let mut path = Some(format!("/api/v1/accounts/{ann_id}/followers?limit=2"));
    let mut seen = Vec::new();
    while let Some(asked) = path {
        let answer = house.get(&asked, "").await;
        let page = answer.ok();
        let page = page.as_array().unwrap().iter();
        seen.extend(page.map(|account| account["username"].as_str().unwrap().to_owned()));
        path = link(&answer, "next");
    }
    assert_eq!(seen.len(), names.len());
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), names);
}
