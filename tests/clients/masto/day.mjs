// A day of two people with masto.js, over REST and one WebSocket each.
//
// `node day.mjs <url> <ada's token> <bob's token> <file>`: every answer goes to the file, a JSON
// object a line, for the test that started this to look at. The first thing that is not as it
// should be ends it with an error.
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";

import { createRestAPIClient, createStreamingAPIClient } from "masto";
import WebSocket from "ws";

const [url, adaToken, bobToken, record] = process.argv.slice(2);
const WAIT_MS = 20_000;
// A moment in which a subscription usually is heard.
const MOMENT_MS = 500;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
process.on("uncaughtException", (error) => {
  console.error(`${error.message}\n${error.stack}`);
  process.exit(1);
});

// What a client is told, whatever it makes of it.
const ask = globalThis.fetch;
globalThis.fetch = async (...request) => {
  const answer = await ask(...request);
  const { method, url } = request[0] instanceof Request ? request[0] : { method: request[1]?.method ?? "GET", url: String(request[0]) };
  const body = await answer.clone().text();
  const type = answer.headers.get("content-type") ?? "";
  appendFileSync(record, `${JSON.stringify({ method, url, status: answer.status, type, body })}\n`);
  return answer;
};

const rest = (accessToken) => createRestAPIClient({ url, accessToken });
const [ada, bob] = [rest(adaToken), rest(bobToken)];
const { configuration } = await bob.v2.instance.fetch();
const streams = createStreamingAPIClient({
  streamingApiUrl: configuration.urls.streaming,
  accessToken: bobToken,
  implementation: WebSocket,
});

/** What a subscription brings, kept until it is asked for. */
class Heard {
  #events = [];
  #wake = () => {};

  constructor(name, subscription) {
    this.name = name;
    this.subscription = subscription;
    this.#listen();
  }

  async #listen() {
    for await (const event of this.subscription) {
      this.#events.push(event);
      this.#wake();
    }
  }

  find(kind, isIt = () => true) {
    return this.#events.find((event) => event.event === kind && isIt(event.payload));
  }

  /** Waits for the event and gives what it bears. */
  async waitFor(kind, isIt) {
    const end = Date.now() + WAIT_MS;
    for (;;) {
      const found = this.find(kind, isIt);
      if (found) return found.payload;
      const seen = this.#events.map((event) => event.event).join(", ");
      assert.ok(Date.now() < end, `${this.name} never brought ${kind}, only: ${seen}`);
      await Promise.race([new Promise((resolve) => (this.#wake = resolve)), pause(end - Date.now())]);
    }
  }

  end() {
    this.subscription.unsubscribe();
  }
}

const listen = (name, subscription) => new Heard(name, subscription);

async function until(what, isSo = Boolean) {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const found = await what();
    if (isSo(found)) return found;
    assert.ok(Date.now() < end, `never came true: ${what}`);
    await pause(50);
  }
}

const ids = (page) => page.map((thing) => thing.id);
const is = (thing) => (other) => other.id === thing.id;

const adaSelf = await ada.v1.accounts.verifyCredentials();
const bobSelf = await bob.v1.accounts.verifyCredentials();

// Morning: a profile, somebody to follow.
await ada.v1.accounts.updateCredentials({ displayName: "Ada", note: "Up early. #petrel", fieldsAttributes: [{ name: "Web", value: "http://ada.example.com" }] });
assert.equal((await bob.v1.accounts.lookup({ acct: "ada" })).displayName, "Ada");
assert.equal((await bob.v1.accounts.$select(adaSelf.id).follow({ reblogs: true, notify: false })).following, true);
assert.deepEqual(ids(await ada.v1.accounts.$select(adaSelf.id).followers.list()), [bobSelf.id]);
assert.equal((await ada.v1.accounts.relationships.fetch({ id: [bobSelf.id] }))[0].followedBy, true);

// One socket, several streams.
const user = listen("user", streams.user.subscribe());
const told = listen("user:notification", streams.user.notification.subscribe());
const everybody = listen("public", streams.public.subscribe());
const here = listen("public:local", streams.public.local.subscribe());
const pictures = listen("public:media", streams.public.media.subscribe());
const tagged = listen("hashtag", streams.hashtag.subscribe({ tag: "morning" }));
const taggedHere = listen("hashtag:local", streams.hashtag.local.subscribe({ tag: "morning" }));
const direct = listen("direct", streams.direct.subscribe());
const list = await bob.v1.lists.create({ title: "Early birds", repliesPolicy: "list", exclusive: false });
await bob.v1.lists.$select(list.id).accounts.create({ accountIds: [adaSelf.id] });
const listed = listen("list", streams.list.subscribe({ list: list.id }));
// Until what was subscribed last is heard, earlier ones may not be.
let first;
await until(async () => {
  first = await ada.v1.statuses.create({ status: "Good #morning" });
  const end = Date.now() + MOMENT_MS;
  while (!listed.find("update", is(first)) && Date.now() < end) await pause(10);
  return listed.find("update", is(first));
});
for (const heard of [user, everybody, here, tagged, taggedHere, listed]) {
  await heard.waitFor("update", is(first));
}

// A status, and what becomes of it.
const status = await ada.v1.statuses.create({ status: "A word to @bob about #petrel", spoilerText: "Words", language: "en", visibility: "public" });
assert.equal((await told.waitFor("notification", (told) => told.type === "mention")).status.id, status.id);
assert.equal((await user.waitFor("update", is(status))).spoilerText, "Words");
const edited = await ada.v1.statuses.$select(status.id).update({ status: "A better word to @bob about #petrel" });
assert.ok((await user.waitFor("status.update", is(status))).editedAt);
assert.equal((await bob.v1.statuses.$select(status.id).history.list()).length, 2);
assert.equal((await ada.v1.statuses.$select(status.id).source.fetch()).text, "A better word to @bob about #petrel");
const reply = await bob.v1.statuses.create({ status: "An answer, @ada", inReplyToId: status.id });
assert.deepEqual(ids((await ada.v1.statuses.$select(status.id).context.fetch()).descendants), [reply.id]);
for (const [verb, back, field] of [
  ["favourite", "unfavourite", "favourited"],
  ["bookmark", "unbookmark", "bookmarked"],
  ["mute", "unmute", "muted"],
]) {
  assert.equal((await bob.v1.statuses.$select(edited.id)[verb]())[field], true);
  assert.equal((await bob.v1.statuses.$select(edited.id)[back]())[field], false);
}
await bob.v1.statuses.$select(status.id).favourite();
assert.deepEqual(ids(await ada.v1.statuses.$select(status.id).favouritedBy.list()), [bobSelf.id]);
assert.deepEqual(ids(await bob.v1.favourites.list()), [status.id]);
const boost = await bob.v1.statuses.$select(status.id).reblog();
assert.equal(boost.reblog.id, status.id);
assert.deepEqual(ids(await ada.v1.statuses.$select(status.id).rebloggedBy.list()), [bobSelf.id]);
await bob.v1.statuses.$select(status.id).unreblog();
await ada.v1.statuses.$select(status.id).pin();
assert.deepEqual(ids(await bob.v1.accounts.$select(adaSelf.id).statuses.list({ pinned: true })), [status.id]);
await ada.v1.statuses.$select(status.id).unpin();

// Noon: a picture, a poll.
const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
let media = await ada.v2.media.create({ file: new Blob([png], { type: "image/png" }), description: "A dot" });
media = await until(() => ada.v1.media.$select(media.id).fetch(), (media) => media.url);
assert.equal(media.description, "A dot");
media = await ada.v1.media.$select(media.id).update({ description: "A small dot", focus: "0.1,-0.2" });
const picture = await ada.v1.statuses.create({ status: "See", mediaIds: [media.id] });
assert.equal((await pictures.waitFor("update", is(picture))).mediaAttachments[0].description, "A small dot");
assert.equal((await ask((await bob.v1.statuses.$select(picture.id).fetch()).mediaAttachments[0].url)).status, 200);
const asked = await ada.v1.statuses.create({ status: "Which?", poll: { options: ["This", "That"], expiresIn: 3600 } });
assert.deepEqual((await bob.v1.polls.$select(asked.poll.id).votes.create({ choices: [1] })).ownVotes, [1]);
assert.deepEqual((await ada.v1.polls.$select(asked.poll.id).fetch()).options.map((option) => option.votesCount), [0, 1]);

// Afternoon: what one reads, and does not want to read.
assert.equal((await bob.v1.timelines.home.list())[0].id, asked.id);
assert.ok(ids(await bob.v1.timelines.public.list({ local: true })).includes(asked.id));
assert.deepEqual(ids(await bob.v1.timelines.public.list({ onlyMedia: true })), [picture.id]);
assert.ok(ids(await bob.v1.timelines.tag.$select("morning").list()).includes(first.id));
assert.equal((await bob.v1.timelines.list.$select(list.id).list())[0].id, asked.id);
const pages = [];
for await (const page of bob.v1.timelines.home.list({ limit: 2 })) pages.push(...ids(page));
assert.deepEqual(pages, [...new Set(pages)]);
assert.ok(pages.includes(first.id) && pages.includes(asked.id));
const filter = await bob.v2.filters.create({ title: "Weather", context: ["home"], filterAction: "warn", keywordsAttributes: [{ keyword: "rain", wholeWord: true }] });
await user.waitFor("filters_changed");
const rain = await ada.v1.statuses.create({ status: "It will rain" });
assert.equal((await user.waitFor("update", is(rain))).filtered[0].filter.title, "Weather");
await bob.v2.filters.$select(filter.id).remove();
assert.deepEqual(await bob.v2.filters.list(), []);
assert.equal((await bob.v1.tags.$select("petrel").follow()).following, true);
assert.deepEqual((await bob.v1.followedTags.list()).map((tag) => tag.name), ["petrel"]);
await bob.v1.tags.$select("petrel").unfollow();
assert.equal((await bob.v1.accounts.$select(adaSelf.id).mute({ notifications: false })).muting, true);
assert.deepEqual(ids(await bob.v1.mutes.list()), [adaSelf.id]);
await bob.v1.accounts.$select(adaSelf.id).unmute();
await bob.v1.lists.$select(list.id).accounts.remove({ accountIds: [adaSelf.id] });
await bob.v1.lists.$select(list.id).remove();

// Evening: a word in private; what was missed; what is for tomorrow.
const whisper = await ada.v1.statuses.create({ status: "@bob between us", visibility: "direct" });
const talk = await direct.waitFor("conversation", (talk) => talk.lastStatus.id === whisper.id);
assert.equal(talk.unread, true);
assert.equal((await bob.v1.conversations.list())[0].id, talk.id);
assert.equal((await bob.v1.conversations.$select(talk.id).read()).unread, false);
await bob.v1.markers.create({ home: { lastReadId: asked.id } });
assert.equal((await bob.v1.markers.fetch({ timeline: ["home"] })).home.lastReadId, asked.id);
const kinds = (await ada.v1.notifications.list()).map((notification) => notification.type);
assert.ok(kinds.includes("favourite") && kinds.includes("follow") && kinds.includes("mention"), kinds.join());
const soon = new Date(Date.now() + 3_600_000).toISOString();
const later = await ada.v1.statuses.create({ status: "Tomorrow", scheduledAt: soon });
assert.deepEqual(ids(await ada.v1.scheduledStatuses.list()), [later.id]);
await ada.v1.scheduledStatuses.$select(later.id).remove();
const found = await until(() => bob.v2.search.list({ q: "petrel", type: "hashtags" }), (found) => found.hashtags.length);
assert.equal(found.hashtags[0].name, "petrel");
assert.equal((await bob.v1.reports.create({ accountId: adaSelf.id, statusIds: [rain.id], comment: "Wet" })).targetAccount.id, adaSelf.id);

// Night.
await ada.v1.statuses.$select(rain.id).remove();
await user.waitFor("delete", (id) => id === rain.id);
await assert.rejects(async () => await bob.v1.statuses.$select(rain.id).fetch());
await ada.v1.notifications.clear();
assert.deepEqual(await ada.v1.notifications.list(), []);
await bob.v1.accounts.$select(adaSelf.id).unfollow();
for (const heard of [user, told, everybody, here, pictures, tagged, taggedHere, direct, listed]) heard.end();
streams.close();
console.log("a day with masto.js is over");
// Timers of what was waited for are left.
process.exit(0);
