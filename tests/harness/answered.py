"""What each endpoint of the API answers: the entity, by Mastodon's documentation.

`[Status]` is a list, `{Marker}` a map, `nothing` an empty object, `any` is held against no table.
Written by hand from the documentation, not from the server: it is what the server is held against.
"""

import functools
import re

ACCOUNT_VERBS = "follow unfollow block unblock mute unmute note remove_from_followers pin unpin endorse unendorse"
STATUS_VERBS = "favourite unfavourite reblog unreblog bookmark unbookmark pin unpin mute unmute"
ENTITIES = """
GET /api/v1/instance                             V1::Instance
GET /api/v2/instance                             Instance
GET /api/v1/instance/rules                       [Rule]
GET /api/v1/instance/peers                       any
GET /api/v1/instance/activity                    any
GET /api/v1/instance/domain_blocks               [DomainBlock]
GET /api/v1/instance/extended_description        ExtendedDescription
GET /api/v1/instance/privacy_policy              PrivacyPolicy
GET /api/v1/instance/terms_of_service            TermsOfService
GET /api/v1/instance/languages                   [Language]
GET /api/v1/instance/translation_languages       any
GET /api/v1/custom_emojis                        [CustomEmoji]
GET /api/v1/announcements                        [Announcement]
POST /api/v1/announcements/{}/dismiss          nothing
GET /api/v1/directory                            [Account]
GET /api/v1/trends                               [Tag]
GET /api/v1/trends/tags                          [Tag]
GET /api/v1/trends/statuses                      [Status]
GET /api/v1/trends/links                         [Trends::Link]

POST /api/v1/apps                                CredentialApplication
GET /api/v1/apps/verify_credentials              Application
POST /api/v1/accounts                            Token
POST /oauth/token                                Token
POST /oauth/revoke                               nothing
GET /oauth/userinfo                              any
POST /oauth/userinfo                             any
POST /api/v1/emails/confirmations                nothing

GET /api/v1/accounts/verify_credentials          CredentialAccount
PATCH /api/v1/accounts/update_credentials        CredentialAccount
PUT /api/v1/accounts/update_credentials          CredentialAccount
GET /api/v1/profile                              Profile
PATCH /api/v1/profile                            Profile
DELETE /api/v1/profile/avatar                    CredentialAccount
DELETE /api/v1/profile/header                    CredentialAccount
GET /api/v1/preferences                          Preferences
GET /api/v1/accounts                             [Account]
GET /api/v1/accounts/lookup                      Account
GET /api/v1/accounts/search                      [Account]
GET /api/v1/accounts/relationships               [Relationship]
GET /api/v1/accounts/familiar_followers          [FamiliarFollowers]
GET /api/v1/accounts/{}                        Account
GET /api/v1/accounts/{}/statuses               [Status]
GET /api/v1/accounts/{}/followers              [Account]
GET /api/v1/accounts/{}/following              [Account]
GET /api/v1/accounts/{}/lists                  [List]
GET /api/v1/accounts/{}/featured_tags          [FeaturedTag]
GET /api/v1/accounts/{}/endorsements           [Account]
GET /api/v1/accounts/{}/identity_proofs        [IdentityProof]
GET /api/v1/endorsements                         [Account]
GET /api/v1/follow_requests                      [Account]
POST /api/v1/follow_requests/{}/authorize      Relationship
POST /api/v1/follow_requests/{}/reject         Relationship
GET /api/v1/blocks                               [Account]
GET /api/v1/mutes                                [MutedAccount]
GET /api/v1/suggestions                          [Account]
GET /api/v2/suggestions                          [Suggestion]
GET /api/v1/domain_blocks                        any
GET /api/v1/domain_blocks/preview                DomainBlockPreview
POST /api/v1/domain_blocks                       nothing
DELETE /api/v1/domain_blocks                     nothing

GET /api/v1/statuses                             [Status]
POST /api/v1/statuses                            Status|ScheduledStatus
GET /api/v1/statuses/{}                        Status
PUT /api/v1/statuses/{}                        Status
PATCH /api/v1/statuses/{}                      Status
DELETE /api/v1/statuses/{}                     Status
GET /api/v1/statuses/{}/context                Context
GET /api/v1/statuses/{}/history                [StatusEdit]
GET /api/v1/statuses/{}/source                 StatusSource
GET /api/v1/statuses/{}/favourited_by          [Account]
GET /api/v1/statuses/{}/reblogged_by           [Account]
GET /api/v1/statuses/{}/quotes                 [Status]
POST /api/v1/statuses/{}/translate             Translation
GET /api/v1/favourites                           [Status]
GET /api/v1/bookmarks                            [Status]
GET /api/v1/scheduled_statuses                   [ScheduledStatus]
GET /api/v1/scheduled_statuses/{}              ScheduledStatus
PUT /api/v1/scheduled_statuses/{}              ScheduledStatus
DELETE /api/v1/scheduled_statuses/{}           nothing
GET /api/v1/polls/{}                           Poll
POST /api/v1/polls/{}/votes                    Poll
POST /api/v1/media                               MediaAttachment
POST /api/v2/media                               MediaAttachment
GET /api/v1/media/{}                           MediaAttachment
PUT /api/v1/media/{}                           MediaAttachment
PATCH /api/v1/media/{}                         MediaAttachment
DELETE /api/v1/media/{}                        nothing

GET /api/v1/timelines/home                       [Status]
GET /api/v1/timelines/public                     [Status]
GET /api/v1/timelines/tag/{}                   [Status]
GET /api/v1/timelines/list/{}                  [Status]
GET /api/v1/timelines/direct                     [Status]
GET /api/v1/timelines/link                       [Status]
GET /api/v1/conversations                        [Conversation]
DELETE /api/v1/conversations/{}                nothing
POST /api/v1/conversations/{}/read             Conversation
POST /api/v1/conversations/{}/unread           Conversation
GET /api/v1/lists                                [List]
POST /api/v1/lists                               List
GET /api/v1/lists/{}                           List
PUT /api/v1/lists/{}                           List
PATCH /api/v1/lists/{}                         List
DELETE /api/v1/lists/{}                        nothing
GET /api/v1/lists/{}/accounts                  [Account]
POST /api/v1/lists/{}/accounts                 nothing
DELETE /api/v1/lists/{}/accounts               nothing
GET /api/v1/markers                              {Marker}
POST /api/v1/markers                             {Marker}

GET /api/v1/notifications                        [Notification]
GET /api/v1/notifications/unread_count           any
GET /api/v1/notifications/{}                   Notification
POST /api/v1/notifications/clear                 nothing
POST /api/v1/notifications/{}/dismiss          nothing
DELETE /api/v1/notifications/{}                nothing
POST /api/v1/notifications/dismiss               nothing
DELETE /api/v1/notifications/destroy_multiple    nothing
GET /api/v2/notifications                        GroupedNotificationsResults
GET /api/v2/notifications/policy                 NotificationPolicy
GET /api/v1/notifications/policy                 V1::NotificationPolicy
GET /api/v1/notifications/requests               [NotificationRequest]

GET /api/v2/search                               Search
GET /api/v1/search                               Search
GET /api/v1/tags/{}                            Tag
POST /api/v1/tags/{}/follow                    Tag
POST /api/v1/tags/{}/unfollow                  Tag
POST /api/v1/tags/{}/feature                   Tag
POST /api/v1/tags/{}/unfeature                 Tag
GET /api/v1/followed_tags                        [Tag]
GET /api/v1/featured_tags                        [FeaturedTag]
POST /api/v1/featured_tags                       FeaturedTag
DELETE /api/v1/featured_tags/{}                nothing
GET /api/v1/featured_tags/suggestions            [Tag]

GET /api/v2/filters                              [Filter]
POST /api/v2/filters                             Filter
GET /api/v2/filters/{}                         Filter
PUT /api/v2/filters/{}                         Filter
PATCH /api/v2/filters/{}                       Filter
DELETE /api/v2/filters/{}                      nothing
GET /api/v2/filters/{}/keywords                [FilterKeyword]
POST /api/v2/filters/{}/keywords               FilterKeyword
GET /api/v2/filters/keywords/{}                FilterKeyword
PUT /api/v2/filters/keywords/{}                FilterKeyword
PATCH /api/v2/filters/keywords/{}              FilterKeyword
DELETE /api/v2/filters/keywords/{}             nothing
GET /api/v2/filters/{}/statuses                [FilterStatus]
POST /api/v2/filters/{}/statuses               FilterStatus
GET /api/v2/filters/statuses/{}                FilterStatus
DELETE /api/v2/filters/statuses/{}             nothing
GET /api/v1/filters                              [V1::Filter]
POST /api/v1/filters                             V1::Filter
GET /api/v1/filters/{}                         V1::Filter
PUT /api/v1/filters/{}                         V1::Filter
PATCH /api/v1/filters/{}                       V1::Filter
DELETE /api/v1/filters/{}                      nothing

POST /api/v1/reports                             Report
GET /api/oembed                                  any
GET /api/openapi.json                            any
GET /nodeinfo/2.0                                any
GET /.well-known/nodeinfo                        any
GET /.well-known/webfinger                       any
GET /.well-known/host-meta                       any
GET /.well-known/host-meta.json                  any
GET /.well-known/oauth-authorization-server      any
GET /health                                      any
GET /api/v1/streaming/health                     any
""" + "\n".join(
    ["POST /api/v1/accounts/{}/" + verb + " Relationship" for verb in ACCOUNT_VERBS.split()]
    + ["POST /api/v1/statuses/{}/" + verb + " Status" for verb in STATUS_VERBS.split()]
)


@functools.cache
def table() -> dict[str, str]:
    """"METHOD /path/{}" → the entity."""
    entities = {}
    for line in ENTITIES.splitlines():
        if line.strip():
            method, path, entity = line.split()
            entities[f"{method} {path}"] = entity
    return entities


@functools.cache
def patterns() -> list[tuple[str, re.Pattern, str]]:
    """Those with the fewest parameters first: `accounts/lookup` is no account's id."""
    routes = sorted(table(), key=lambda route: route.count("{}"))
    pairs = [tuple(route.split(" ", 1)) for route in routes]
    return [(method, re.compile(re.escape(path).replace(r"\{\}", "[^/]+")), path) for method, path in pairs]


def route_of(method: str, path: str) -> str | None:
    """"METHOD /path/{}" that a request is to, if it is one that is known here."""
    method, path = "GET" if method == "HEAD" else method, path.rstrip("/")
    for known, pattern, template in patterns():
        if known == method and pattern.fullmatch(path):
            return f"{method} {template}"
    return None
