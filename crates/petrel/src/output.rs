//! Answers on standard output: tables for people, JSON with --json.

use std::io::{Write, stdout};

use crate::admin::{
    AccountLine, AppLine, CheckLines, ClusterLines, EmojiLine, Reply, ReportLine, StatusLines,
};

/// Between two columns.
const GAP: &str = "  ";
const MIB: u64 = 1024 * 1024;

pub fn print(reply: &Reply, json: bool) {
    if json {
        print_json(&reply.to_json());
    } else {
        print_text(&text(reply));
    }
}

pub fn print_json(value: &serde_json::Value) {
    print_text(&format!("{value:#}\n"));
}

/// Who reads may have gone (`petrel account list | head`); that is no error of ours.
pub fn print_text(text: &str) {
    let mut out = stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn text(reply: &Reply) -> String {
    match reply {
        Reply::Account(line) => fields(&account_fields(line)),
        Reply::Accounts(lines) => accounts(lines),
        Reply::Reports(lines) => reports(lines),
        Reply::Emojis(lines) => emojis(lines),
        Reply::App(line) => fields(&app_fields(line)),
        Reply::Backup {
            file, rows, bytes, ..
        } => {
            format!("{} rows, {bytes} bytes in {}\n", rows, file.display())
        }
        Reply::Restore { into, rows } => format!("{rows} rows restored into {into}\n"),
        Reply::Check(check) => check_text(check),
        Reply::Status(status) => status_text(status),
    }
}

fn account_fields(line: &AccountLine) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("id", line.id.clone()),
        ("username", line.username.clone()),
        ("email", line.email.clone().unwrap_or_default()),
        ("role", line.role.clone()),
        ("state", state(line)),
        ("url", line.url.clone()),
    ];
    fields.extend(line.password.clone().map(|password| ("password", password)));
    fields.extend(line.token.clone().map(|token| ("token", token)));
    fields
}

fn app_fields(line: &AppLine) -> Vec<(&'static str, String)> {
    vec![
        ("id", line.id.clone()),
        ("name", line.name.clone()),
        ("redirect URIs", line.redirect_uris.join(" ")),
        ("scopes", line.scopes.clone()),
        ("client id", line.client_id.clone()),
        (
            "client secret",
            line.client_secret.clone().unwrap_or_default(),
        ),
    ]
}

fn state(line: &AccountLine) -> String {
    let words = [
        ("suspended", line.suspended),
        ("unconfirmed", !line.confirmed),
        ("locked", line.locked),
    ];
    let words: Vec<_> = words
        .iter()
        .filter(|word| word.1)
        .map(|word| word.0)
        .collect();
    if words.is_empty() {
        "active".to_owned()
    } else {
        words.join(", ")
    }
}

fn accounts(lines: &[AccountLine]) -> String {
    let header = ["id", "username", "email", "role", "state"].map(str::to_owned);
    let rows = lines.iter().map(|line| {
        let email = line.email.clone().unwrap_or_default();
        let (id, name, role) = (line.id.clone(), line.username.clone(), line.role.clone());
        [id, name, email, role, state(line)]
    });
    let rows: Vec<_> = std::iter::once(header).chain(rows).collect();
    table(&rows)
}

fn reports(lines: &[ReportLine]) -> String {
    let header = ["id", "by", "about", "category", "statuses", "comment"].map(str::to_owned);
    let rows = lines.iter().map(|line| {
        // A comment may have lines of its own, and whatever a terminal would obey.
        let comment = line.comment.replace(char::is_control, " ");
        let (id, by, about) = (line.id.clone(), line.by.clone(), line.about.clone());
        let statuses = line.status_ids.join(" ");
        [id, by, about, line.category.clone(), statuses, comment]
    });
    let rows: Vec<_> = std::iter::once(header).chain(rows).collect();
    table(&rows)
}

fn emojis(lines: &[EmojiLine]) -> String {
    let header = ["shortcode", "category", "offered", "file"].map(str::to_owned);
    let rows = lines.iter().map(|line| {
        let category = line.category.clone().unwrap_or_default();
        let offered = if line.listed { "yes" } else { "no" };
        let (shortcode, url) = (line.shortcode.clone(), line.url.clone());
        [shortcode, category, offered.to_owned(), url]
    });
    let rows: Vec<_> = std::iter::once(header).chain(rows).collect();
    table(&rows)
}

fn check_text(check: &CheckLines) -> String {
    let mut text = String::new();
    if let Some(journal) = &check.journal {
        text.push_str(&format!("{journal}\n"));
    }
    for line in &check.differences {
        text.push_str(&format!("{} ({}; {})\n", line.text, line.what, line.repair));
    }
    if let Some(why) = &check.files_unchecked {
        text.push_str(&format!("not all files were looked for: {why}\n"));
    }
    let verdict = match check.differences_count {
        0 => "no differences".to_owned(),
        1 => "1 difference".to_owned(),
        many => format!("{many} differences"),
    };
    let mended = match check.mended_count {
        0 => String::new(),
        count => format!(", {count} mended"),
    };
    text.push_str(&format!("{} rows read, {verdict}{mended}\n", check.rows));
    text
}

fn status_text(status: &StatusLines) -> String {
    let ready = match &status.lacking {
        None => "yes".to_owned(),
        Some(lacking) => format!("no: {lacking}"),
    };
    let mut lines = vec![
        ("version", status.version.clone()),
        ("engine", status.engine.clone()),
        ("ready", ready),
    ];
    let free = status.free_bytes;
    lines.extend(free.map(|free| ("room", format!("{} MiB free", free / MIB))));
    let Some(cluster) = &status.cluster else {
        return fields(&lines);
    };
    lines.extend(cluster_fields(cluster));
    format!("{}\n{}", fields(&lines), peers(cluster))
}

fn cluster_fields(cluster: &ClusterLines) -> Vec<(&'static str, String)> {
    let clock = match cluster.clock_ahead_ms {
        None => "not measured yet".to_owned(),
        Some(ahead_ms) if ahead_ms < 0 => format!("{} ms behind", ahead_ms.unsigned_abs()),
        Some(ahead_ms) => format!("{ahead_ms} ms ahead"),
    };
    vec![
        (
            "node",
            format!("{} (token {})", cluster.node, cluster.token),
        ),
        ("lease", format!("{} ms left", cluster.lease_left_ms)),
        ("clock", clock),
        ("watermark", format!("{} ms ago", cluster.watermark_age_ms)),
        ("bus", cluster.bus.clone()),
    ]
}

fn peers(cluster: &ClusterLines) -> String {
    let header = ["peer", "token", "address", "state", "lag", "gaps"].map(str::to_owned);
    let rows = cluster.peers.iter().map(|peer| {
        let (node, token) = (peer.node.to_string(), peer.token.to_string());
        let lag = format!("{} ms", peer.lag_ms);
        let (address, state) = (peer.address.clone(), peer.state.clone());
        [node, token, address, state, lag, peer.gaps.to_string()]
    });
    let rows: Vec<_> = std::iter::once(header).chain(rows).collect();
    table(&rows)
}

fn fields(fields: &[(&'static str, String)]) -> String {
    let rows: Vec<_> = fields
        .iter()
        .map(|(name, value)| [(*name).to_owned(), value.clone()])
        .collect();
    table(&rows)
}

/// Columns as wide as their widest cell.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..N).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<_> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(cells.join(GAP).trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [["id", "name"], ["17", "ann"], ["1", "benjamin"]];
        let rows = rows.map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows), "id  name\n17  ann\n1   benjamin\n");
    }
}
