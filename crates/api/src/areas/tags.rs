//! Hashtags that one looks at, follows or features.

use crate::handlers::tags;
use crate::middleware::Limit;
use crate::openapi::build::*;
use crate::routes::*;

#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    api(GET, "/api/v1/tags/{name}", Nothing, |m| on(m, tags::show)),
    api(POST, "/api/v1/tags/{name}/follow", Nothing, |m| on(m, tags::follow)).limited(&Limit::FOLLOW),
    api(POST, "/api/v1/tags/{name}/unfollow", Nothing, |m| on(m, tags::unfollow)),
    api(POST, "/api/v1/tags/{name}/feature", Nothing, |m| on(m, tags::feature)),
    api(POST, "/api/v1/tags/{name}/unfeature", Nothing, |m| on(m, tags::unfeature)),
    api(GET, "/api/v1/followed_tags", Nothing, |m| on(m, tags::followed)),
    api(GET, "/api/v1/featured_tags", Nothing, |m| on(m, tags::featured)),
    api(POST, "/api/v1/featured_tags", Nothing, |m| on(m, tags::feature_named)),
    api(DELETE, "/api/v1/featured_tags/{id}", Nothing, |m| on(m, tags::unfeature_by_id)),
    api(GET, "/api/v1/featured_tags/suggestions", Nothing, |m| on(m, tags::suggestions)),
    api(GET, "/api/v1/accounts/{id}/featured_tags", Nothing, |m| on(m, tags::featured_by)),
];

pub fn entries() -> Vec<Entry> {
    let follows = |path, summary| post(path, summary).user(Scope::WriteFollows).gives::<Tag>();
    let features = |path, summary| {
        post(path, summary)
            .user(Scope::WriteAccounts)
            .gives::<Tag>()
    };
    vec![
        get("/api/v1/tags/{name}", "One hashtag").gives::<Tag>(),
        follows("/api/v1/tags/{name}/follow", "Follow a hashtag"),
        follows("/api/v1/tags/{name}/unfollow", "Follow it no longer"),
        features("/api/v1/tags/{name}/feature", "Feature a hashtag"),
        features("/api/v1/tags/{name}/unfeature", "Feature it no longer"),
        get(
            "/api/v1/followed_tags",
            "The hashtags that the caller follows",
        )
        .user(Scope::ReadFollows)
        .paged(paging::FOLLOWED_TAGS)
        .gives::<Vec<Tag>>(),
        get(
            "/api/v1/featured_tags",
            "The hashtags that the caller features",
        )
        .user(Scope::ReadAccounts)
        .gives::<Vec<FeaturedTag>>(),
        post("/api/v1/featured_tags", "Feature a hashtag by its name")
            .user(Scope::WriteAccounts)
            .takes([text("name").required()])
            .gives::<FeaturedTag>(),
        delete("/api/v1/featured_tags/{id}", "Feature it no longer")
            .user(Scope::WriteAccounts)
            .gives::<Empty>(),
        get(
            "/api/v1/featured_tags/suggestions",
            "Hashtags that the caller might feature",
        )
        .user(Scope::ReadAccounts)
        .gives::<Vec<Tag>>(),
        get(
            "/api/v1/accounts/{id}/featured_tags",
            "The hashtags that an account features",
        )
        .open(Scope::ReadAccounts)
        .gives::<Vec<FeaturedTag>>(),
    ]
}
