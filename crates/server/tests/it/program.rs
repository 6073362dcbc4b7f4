//! The program itself: what it prints, and what it says when it cannot start.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

fn tradepost(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tradepost"));
    command.args(args).env_clear();
    command
}

fn run(args: &[&str], folder: &Path) -> Output {
    tradepost(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn errors(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A demo that runs until it is dropped.
struct Demo {
    child: Child,
    line: Value,
}

impl Demo {
    fn start(data: &Path) -> Self {
        let data = data.to_str().unwrap();
        let mut child = tradepost(&["demo", "--json", "--listen", "127.0.0.1:0", "--data", data])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let line = serde_json::from_str(&line).unwrap_or_else(|error| {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).ok();
            panic!("{error}: {line} {said}")
        });
        Self { child, line }
    }

    fn stop(mut self) {
        Command::new("kill")
            .arg(self.child.id().to_string())
            .status()
            .unwrap();
        assert!(
            self.child.wait().unwrap().success(),
            "SIGTERM ends it in order"
        );
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn the_demo_prints_one_line_and_the_same_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let demo = Demo::start(dir.path());
    let first = demo.line.clone();
    for key in [
        "url",
        "storeUrl",
        "dashboardUrl",
        "storeId",
        "owner",
        "apiKey",
        "servers",
        "packages",
    ] {
        assert!(!first[key].is_null(), "{key}");
    }
    assert_eq!(first["servers"][1]["name"], "Survival");
    demo.stop();
    let mode = std::fs::metadata(dir.path().join("demo.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let mode = std::fs::metadata(dir.path().join("master.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let demo = Demo::start(dir.path());
    for key in ["storeId", "owner", "apiKey", "servers", "packages"] {
        assert_eq!(first[key], demo.line[key], "{key}");
    }
    demo.stop();
}

#[test]
fn a_key_that_was_revoked_since_is_null_with_a_note() {
    let dir = tempfile::tempdir().unwrap();
    let demo = Demo::start(dir.path());
    let data = dir.path().to_str().unwrap();
    let on_demo = |args: &[&str]| {
        tradepost(args)
            .env("TRADEPOST_DATA", data)
            .output()
            .unwrap()
    };
    let list = on_demo(&["key", "list", "demo"]);
    let list = String::from_utf8(list.stdout).unwrap();
    let id = list.split_whitespace().next().unwrap();
    assert!(
        on_demo(&["key", "revoke", "demo", id]).status.success(),
        "beside a running server"
    );
    demo.stop();
    let mut demo = Demo::start(dir.path());
    assert!(demo.line["apiKey"].is_null());
    let mut note = String::new();
    BufReader::new(demo.child.stderr.take().unwrap())
        .read_line(&mut note)
        .unwrap();
    assert_eq!(note, "note: the API key was revoked since\n");
}

#[test]
fn a_server_that_stops_writes_when_keys_were_used() {
    let dir = tempfile::tempdir().unwrap();
    let demo = Demo::start(dir.path());
    let keys = || {
        let list = tradepost(&["key", "list", "demo"])
            .env("TRADEPOST_DATA", dir.path())
            .output();
        String::from_utf8(list.unwrap().stdout).unwrap()
    };
    assert!(keys().contains("  active  never used  Demo key"));
    let [address, key] = ["url", "apiKey"].map(|name| demo.line[name].as_str().unwrap());
    let address = address.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET /api/v1/packages HTTP/1.1\r\nhost: {address}\r\nx-api-key: {key}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("x-ratelimit-limit: 30"));
    demo.stop();
    assert!(keys().contains("  active  used 20"), "{}", keys());
}

#[test]
fn a_backup_of_a_running_server_is_a_server() {
    let dir = tempfile::tempdir().unwrap();
    let (data, copy, again) = (
        dir.path().join("data"),
        dir.path().join("copy"),
        dir.path().join("again"),
    );
    let demo = Demo::start(&data);
    let with = |data: &Path, args: &[&str]| {
        tradepost(args)
            .env("TRADEPOST_DATA", data)
            .current_dir(dir.path())
            .output()
            .unwrap()
    };
    let backup = ["backup", copy.to_str().unwrap()];
    assert!(with(&data, &backup).status.success());
    assert!(errors(&with(&data, &backup)).contains("exists already"));
    let restore = ["restore", copy.to_str().unwrap()];
    assert!(
        errors(&with(&data, &restore)).contains("in use"),
        "not into a running server"
    );
    assert!(with(&again, &restore).status.success());
    assert!(errors(&with(&again, &restore)).contains("exists"));
    std::fs::copy(data.join("demo.json"), again.join("demo.json")).unwrap();
    let restored = Demo::start(&again);
    for key in ["storeId", "owner", "apiKey", "servers"] {
        assert_eq!(demo.line[key], restored.line[key], "{key}");
    }
}

#[test]
fn a_database_of_another_master_key_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    Demo::start(dir.path()).stop();
    std::fs::write(dir.path().join("master.key"), [7; 32]).unwrap();
    let data = dir.path().to_str().unwrap();
    let output = run(
        &["demo", "--listen", "127.0.0.1:0", "--data", data],
        dir.path(),
    );
    assert!(
        errors(&output).contains("another master key"),
        "{}",
        errors(&output)
    );
}

#[test]
fn a_second_instance_on_the_same_folder_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let demo = Demo::start(dir.path());
    let data = dir.path().to_str().unwrap();
    let second = run(
        &["demo", "--listen", "127.0.0.1:0", "--data", data],
        dir.path(),
    );
    assert!(
        errors(&second).contains("in use by another tradepost"),
        "{}",
        errors(&second)
    );
    demo.stop();
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "x").unwrap();
    let data = dir.path().join("file/data");
    let output = run(
        &[
            "demo",
            "--listen",
            "127.0.0.1:0",
            "--data",
            data.to_str().unwrap(),
        ],
        dir.path(),
    );
    assert!(
        errors(&output).contains("cannot use the data folder"),
        "{}",
        errors(&output)
    );
}

#[test]
fn a_port_in_use_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&["demo", "--listen", &address], dir.path());
    let said = errors(&output);
    assert!(
        said.contains(&format!("cannot listen on {address}")) && said.contains("--listen"),
        "{said}"
    );
}

#[test]
fn an_unknown_key_in_the_configuration_is_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("tradepost.toml"),
        "[database]\nulr = \"x\"\n",
    )
    .unwrap();
    let output = run(&["serve"], dir.path());
    let said = errors(&output);
    assert!(
        said.contains("tradepost.toml") && said.contains("database.ulr"),
        "{said}"
    );
}

#[test]
fn an_operator_sets_up_a_store() {
    let dir = tempfile::tempdir().unwrap();
    let with_input = |args: &[&str], input: &str| {
        let mut child = tradepost(args)
            .current_dir(dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap()
    };
    let user = [
        "user",
        "add",
        "--email",
        "robin@example.com",
        "--name",
        "Robin",
    ];
    assert!(errors(&with_input(&user, "short\n")).contains("at least 10 characters"));
    assert!(with_input(&user, "a good password\n").status.success());
    assert!(errors(&with_input(&user, "a good password\n")).contains("there is an account"));
    let store = [
        "store",
        "add",
        "--name",
        "Lobby",
        "--subdomain",
        "lobby",
        "--owner",
    ];
    let nobody = run(&[&store[..], &["nobody@example.com"]].concat(), dir.path());
    assert!(errors(&nobody).contains("add the account first"));
    let made = run(&[&store[..], &["Robin@example.com"]].concat(), dir.path());
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let again = run(&[&store[..], &["robin@example.com"]].concat(), dir.path());
    assert!(errors(&again).contains("subdomain"));
    let key = run(&["key", "create", "lobby", "--name", "bot"], dir.path());
    assert!(String::from_utf8_lossy(&key.stdout).starts_with("flx_"));
    let plan = |args: &[&str]| run(&[&["store", "plan"], args].concat(), dir.path());
    let told = plan(&["lobby", "pro", "--until", "2999-01-31"]);
    let on = "Lobby is on the plan pro until 2999-01-31T00:00:00Z.\n";
    assert_eq!(String::from_utf8_lossy(&told.stdout), on);
    let list = run(&["store", "list"], dir.path());
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    assert!(
        list.contains("  lobby  EUR  pro until 2999-01-31T00:00:00Z  Lobby"),
        "{list}"
    );
    let told = plan(&["lobby", "pro", "--until", "2020-01-31T18:00:00+01:00"]);
    let over = "Lobby is on the plan pro until 2020-01-31T17:00:00Z, which is over.\n";
    assert_eq!(String::from_utf8_lossy(&told.stdout), over);
    let key = || run(&["key", "create", "lobby", "--name", "bot"], dir.path());
    assert!(errors(&key()).contains("Pro plan"));
    let told = plan(&["lobby", "free"]);
    assert_eq!(
        String::from_utf8_lossy(&told.stdout),
        "Lobby is on the plan free.\n"
    );
    assert!(errors(&key()).contains("Pro plan"));
    for (args, word) in [
        (&["lobby", "gold"][..], "pro or free"),
        (&["lobby", "pro", "--until", "soon"], "--until must be"),
        (
            &["lobby", "free", "--until", "2999-01-31"],
            "--until goes with pro",
        ),
        (&["nowhere", "pro"], "store not found"),
    ] {
        assert!(errors(&plan(args)).contains(word), "{args:?}");
    }
    assert!(plan(&["lobby", "pro"]).status.success());
    assert!(key().status.success());
    let second = [
        "store",
        "add",
        "--name",
        "Two",
        "--subdomain",
        "two",
        "--owner",
        "robin@example.com",
    ];
    let second = tradepost(&second)
        .env("TRADEPOST_DEFAULT_PLAN", "free")
        .current_dir(dir.path())
        .output();
    assert!(second.unwrap().status.success());
    let list = run(&["store", "list"], dir.path());
    assert!(String::from_utf8_lossy(&list.stdout).contains("  two  EUR  free  Two"));
    let doctor = run(&["doctor"], dir.path());
    assert!(
        doctor.status.success()
            && String::from_utf8_lossy(&doctor.stdout).contains("database        ok")
    );
}
