//! From the command line to what it asks for.

use std::path::absolute;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use petrel_media::limits::EMOJI_BYTES_MAX;
use petrel_store::{MadeIn, Open};
use tokio::runtime::{Builder, Runtime};

use crate::admin::{self, FileBytes, NewEmoji, Order, Reply};
use crate::cli::{
    AccountCommand, AppCommand, Cli, Command, ConfigCommand, Demo, EmojiCommand, Global, Serve,
};
use crate::config::{
    self, CLOCK_OFFSET_VARIABLE, Config, DEV_HOST, LOOPBACK_PORTS_VARIABLE, Listen, Origin, Secret,
};
use crate::control::{self, Asked};
use crate::engine;
use crate::media;
use crate::node;
use crate::serve::ready_line;
use crate::{backup, demo, logging, output, routes, serve, version};

/// How long calls that block may go on after the server has ended.
const BLOCKING_TIME_MAX: Duration = Duration::from_secs(2);

pub fn run(cli: Cli) -> Result<ExitCode> {
    let global = &cli.global;
    match cli.command {
        Command::Version => print_version(global),
        Command::Routes => Ok(print_routes(global)),
        Command::Openapi => {
            output::print_text(&petrel_api::openapi::text());
            Ok(ExitCode::SUCCESS)
        }
        Command::Config(ConfigCommand::Check) => check_config(global),
        Command::Config(ConfigCommand::Show) => show_config(global),
        Command::Serve(options) => run_server(global, &options),
        Command::Account(command) => {
            let open = match &command {
                AccountCommand::Create(create) => Open::AnyOrMake(made_in(create.dev)),
                _ => Open::Existing,
            };
            order(global, command.into(), open)
        }
        Command::App(command) => {
            let AppCommand::Create(create) = &command;
            let open = Open::AnyOrMake(made_in(create.dev));
            order(global, command.into(), open)
        }
        Command::Emoji(command) => order(global, emoji(command)?, Open::Existing),
        Command::Report(command) => order(global, command.into(), Open::Existing),
        Command::Backup { file } => {
            let file = absolute(&file).with_context(|| file.display().to_string())?;
            order(global, Order::Backup { file }, Open::Existing)
        }
        Command::Restore { file } => {
            let config = quiet(global)?;
            let reply = runtime()?.block_on(backup::restore(&config, &file))?;
            Ok(finish(global, &reply))
        }
        Command::Status => status(global),
        Command::Check { repair } => check(global, repair),
        Command::Demo(options) => run_demo(global, &options),
        Command::MediaWorker { arguments } => Ok(petrel_media::worker::main(arguments.into_iter())),
    }
}

fn print_version(global: &Global) -> Result<ExitCode> {
    if global.json {
        let version = serde_json::json!({
            "version": version::NUMBER,
            "commit": version::COMMIT,
        });
        output::print_json(&version);
    } else {
        output::print_text(&format!("petrel {}\n", version::VERSION));
    }
    Ok(ExitCode::SUCCESS)
}

fn print_routes(global: &Global) -> ExitCode {
    let lines = routes::lines();
    if global.json {
        let routes = lines.iter().map(|line| {
            let [method, path, returns] = line;
            serde_json::json!({ "method": method, "path": path, "returns": returns })
        });
        output::print_json(&routes.collect());
    } else {
        for [method, path, returns] in lines {
            output::print_text(&format!("{method:6} {path}  {returns}\n"));
        }
    }
    ExitCode::SUCCESS
}

fn check_config(global: &Global) -> Result<ExitCode> {
    let config = load(global)?;
    node::check(&config)?;
    if config.url.is_none() {
        bail!(url_is_missing());
    }
    match global.json {
        true => output::print_json(&serde_json::json!({ "ok": true })),
        false => output::print_text("the configuration is right\n"),
    }
    Ok(ExitCode::SUCCESS)
}

fn show_config(global: &Global) -> Result<ExitCode> {
    let config = load(global)?;
    match global.json {
        true => output::print_json(&serde_json::to_value(&config)?),
        false => output::print_text(&format!("{}\n", config.show())),
    }
    Ok(ExitCode::SUCCESS)
}

fn run_server(global: &Global, options: &Serve) -> Result<ExitCode> {
    let config = server_config(global, options)?;
    logging::start(&config.log);
    let runtime = runtime()?;
    let ready = |config: &Config| output::print_text(&format!("{}\n", ready_line(config)));
    run_in(runtime, serve::serve(&config, made_in(options.dev), ready))?;
    Ok(ExitCode::SUCCESS)
}

fn run_demo(global: &Global, options: &Demo) -> Result<ExitCode> {
    let dev = Serve {
        dev: true,
        ..options.serve.clone()
    };
    let config = server_config(global, &dev)?;
    if config.is_cluster() {
        bail!("the demo network lives in a data folder; leave store.url (--store) out");
    }
    let log = config::Log {
        level: config::Filter::warnings(),
        ..config.log.clone()
    };
    logging::start(&log);
    let runtime = runtime()?;
    runtime.block_on(demo::fill(&config, options.seed))?;
    if options.no_serve {
        return Ok(ExitCode::SUCCESS);
    }
    let ready = |config: &Config| {
        output::print_text(&format!(
            "{}\n{}",
            ready_line(config),
            demo::welcome(config)
        ));
    };
    run_in(runtime, serve::serve(&config, MadeIn::Dev, ready))?;
    Ok(ExitCode::SUCCESS)
}

/// The journal can be looked at only while nobody has the store open.
fn check(global: &Global, repair: bool) -> Result<ExitCode> {
    let config = quiet(global)?;
    let order = Order::Check { repair };
    let reply = match control::ask(&config.data, &order)? {
        Asked::Answered(reply) => reply,
        Asked::Nobody => {
            let is_embedded = !config.is_cluster() && engine::has_store(&config.data);
            let journal = match is_embedded {
                true => backup::check_journal(&config.data, repair)?,
                false => None,
            };
            if let Some(damage) = journal.as_ref().filter(|_| !repair) {
                bail!(
                    "the journal is damaged: {damage}\n`petrel check --repair` cuts the journal there and keeps what it cuts"
                );
            }
            let mut reply = perform(&config, order, Open::Existing)?;
            if let Reply::Check(lines) = &mut reply {
                lines.journal = journal;
            }
            reply
        }
    };
    Ok(finish(global, &reply))
}

/// Only a running server has something to say.
fn status(global: &Global) -> Result<ExitCode> {
    let config = quiet(global)?;
    match control::ask(&config.data, &Order::Status)? {
        Asked::Answered(reply) => Ok(finish(global, &reply)),
        Asked::Nobody => bail!(
            "no server is running on {}; name its data folder by --data",
            config.data.display()
        ),
    }
}

/// The file is read here: the server may run as somebody who may not read it.
fn emoji(command: EmojiCommand) -> Result<Order> {
    Ok(match command {
        EmojiCommand::Add {
            shortcode,
            file,
            category,
            unlisted,
        } => Order::AddEmoji(NewEmoji {
            shortcode,
            file: FileBytes::read(&file, EMOJI_BYTES_MAX)?,
            category,
            unlisted,
        }),
        EmojiCommand::Remove { shortcode } => Order::RemoveEmoji { shortcode },
        EmojiCommand::List => Order::ListEmojis,
    })
}

/// Has the order carried out by the running server, if there is one, else by this process.
fn order(global: &Global, order: Order, open: Open) -> Result<ExitCode> {
    let config = quiet(global)?;
    let reply = match control::ask(&config.data, &order)? {
        Asked::Answered(reply) => reply,
        Asked::Nobody => perform(&config, order, open)?,
    };
    Ok(finish(global, &reply))
}

/// Carries the order out in this process.
fn perform(config: &Config, order: Order, open: Open) -> Result<Reply> {
    runtime()?.block_on(node::briefly(config, open, async |node| {
        admin::execute(node, || media::open(config), order).await
    }))
}

fn finish(global: &Global, reply: &Reply) -> ExitCode {
    output::print(reply, global.json);
    match reply.is_good() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// For commands that end: only what went wrong is worth a line in the log.
fn quiet(global: &Global) -> Result<Config> {
    let config = load(global)?;
    let log = config::Log {
        level: config::Filter::warnings(),
        ..config.log.clone()
    };
    logging::start(&log);
    Ok(config)
}

fn load(global: &Global) -> Result<Config> {
    let environment = std::env::vars_os().filter_map(|(name, value)| {
        Some((
            name.into_string().ok()?,
            value.to_string_lossy().into_owned(),
        ))
    });
    let mut config = config::load(global.config.as_deref(), environment)?;
    if let Some(data) = &global.data {
        config.data = data.clone();
    }
    if let Some(url) = &global.store {
        config.store.url = Some(Secret::new(url.clone()));
    }
    if let Some(url) = &global.bus {
        config.bus.url = Some(Secret::new(url.clone()));
    }
    Ok(config)
}

/// The configuration of a server: nothing starts unless all of it is right.
pub fn server_config(global: &Global, options: &Serve) -> Result<Config> {
    let mut config = load(global)?;
    if let Some(listen) = &options.listen {
        config.listen = Listen::try_from(listen.clone()).map_err(|why| option("--listen", &why))?;
    }
    if let Some(url) = &options.url {
        config.url = Some(Origin::try_from(url.clone()).map_err(|why| option("--url", &why))?);
    } else if options.dev && config.url.is_none() {
        let url = format!("http://{DEV_HOST}:{}", config.listen.port());
        config.url = Some(Origin::try_from(url).map_err(|why| option("--listen", &why))?);
    }
    if config.url.is_none() {
        bail!(url_is_missing());
    }
    config.test_clock_offset_ms = clock_offset_ms(options.dev)?;
    config.test_loopback_ports = loopback_ports(options.dev)?;
    node::check(&config)?;
    Ok(config)
}

/// A clock that is off by will, for tests alone.
fn clock_offset_ms(dev: bool) -> Result<i64> {
    let name = CLOCK_OFFSET_VARIABLE;
    match std::env::var(name) {
        Err(_) => Ok(0),
        Ok(_) if !dev => bail!("{name} is for tests, and works with --dev only"),
        Ok(text) => text
            .parse()
            .with_context(|| format!("{name} is a number of milliseconds")),
    }
}

/// Ports of this machine that strangers may have asked, for tests alone.
fn loopback_ports(dev: bool) -> Result<Vec<u16>> {
    let name = LOOPBACK_PORTS_VARIABLE;
    match std::env::var(name) {
        Err(_) => Ok(Vec::new()),
        Ok(_) if !dev => bail!("{name} is for tests, and works with --dev only"),
        Ok(text) => {
            let ports = text.split(',').map(str::parse);
            ports
                .collect::<Result<_, _>>()
                .with_context(|| format!("{name} is a list of ports, joined by commas"))
        }
    }
}

fn option(name: &str, why: &str) -> anyhow::Error {
    anyhow::anyhow!("{name}: {why}")
}

fn url_is_missing() -> &'static str {
    "url is not set: the server must know where people reach it, as in url = \"https://petrel.example\" in the configuration file, PETREL_URL or --url (to try Petrel out, use `petrel serve --dev`)"
}

fn made_in(dev: bool) -> MadeIn {
    match dev {
        true => MadeIn::Dev,
        false => MadeIn::Standard,
    }
}

fn runtime() -> Result<Runtime> {
    let runtime = Builder::new_multi_thread().enable_all().build();
    runtime.context("starting the runtime")
}

/// Runs to the end, and leaves behind what still blocks soon after: asking a resolver that is dead
/// would keep a server that was told to stop alive for as long as the system likes to wait.
///
/// What must not be cut off has been awaited when a server ends: the files of the timelines are
/// written, and whoever lets go of the store last waits for its writer and closes it. Only a task
/// that outlived the drain may hold it longer; then closing has this time too, and if that is not
/// enough, the next start reads the journal, in which all lies that was acknowledged.
fn run_in<T>(runtime: Runtime, server: impl Future<Output = T>) -> T {
    let ended = runtime.block_on(server);
    runtime.shutdown_timeout(BLOCKING_TIME_MAX);
    ended
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Much longer than it takes.
    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn a_call_that_blocks_for_ever_keeps_no_process_alive() {
        let (_never, hangs) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let (begin, begun) = tokio::sync::oneshot::channel();
            let ended = run_in(runtime().unwrap(), async {
                tokio::task::spawn_blocking(move || {
                    begin.send(()).unwrap();
                    hangs.recv()
                });
                begun.await
            });
            tell.send(ended).unwrap();
        });
        assert_eq!(told.recv_timeout(PATIENCE), Ok(Ok(())));
    }
}
