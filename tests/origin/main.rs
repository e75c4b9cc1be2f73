//! Origins never lie: what `origin` and `explain` say is looked up where they say it is, by means of its own.
//!
//! For every recorded scenario that loads, each field is worked out anew from the scenario's variables, options and
//! files, and each key about credentials is looked up at the line or variable that is named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod check;
mod reader;
mod scenario;
mod told;

use check::Made;
use scenario::{Folder, Scenario, marked};
use serde_json::{Value, json};
use session::config::{Config, Field};
use session::error::Status;
use session::explain::{Format, explain, origin};
use session::load::environment::Environment;
use session::session::{Options, Session};
use std::sync::Arc;
use told::{Counts, Told};

#[test]
fn every_origin_of_the_recorded_scenarios_is_true() {
    let (mut sessions, mut refused, mut total) = (0, 0, Counts::default());
    for (number, source) in scenario::all().iter().enumerate() {
        let folder = Folder::new(&format!("scenario-{number}"));
        let scenario = Scenario::new(source, &folder);
        let session = match scenario.load() {
            Ok(session) => session,
            Err(error) => {
                assert!(
                    !source["expect"]["error"].is_null(),
                    "{}: {error}",
                    scenario.name()
                );
                refused += 1;
                continue;
            }
        };
        let none = Value::Null;
        let copies = source["copies"].as_array().into_iter().flatten();
        for overrides in std::iter::once(&none).chain(copies) {
            let config = Arc::new(scenario.config(overrides));
            let copy = session
                .copy(Some(&config))
                .expect("a copy of a good session");
            match Made::new(&scenario, copy.config(), overrides).all() {
                Ok(counts) => total.add_all(&counts),
                Err(lie) => panic!(
                    "{}: {lie}\n{}",
                    scenario.name(),
                    explain(copy.config(), Format::Text)
                ),
            }
            sessions += 1;
        }
    }
    println!("{sessions} sessions, {refused} refused, {total:?}");
    let enough = sessions > 300 && total.file > 300 && total.environment > 500 && total.code > 100;
    assert!(
        enough,
        "too little was checked: {sessions} sessions, {total:?}"
    );
}

#[test]
fn the_checks_find_a_lie() {
    let config = "[profile dev]\nregion = a\nregion = a\naws_access_key_id = ID\naws_secret_access_key = S\n\n";
    let source = json!({
        "files": {"config": config},
        "env": {
            "AWS_CONFIG_FILE": "${DIR}/config",
            "AWS_MAX_ATTEMPTS": "4",
            "AWS_RETRY_MODE": "legacy",
            "AWS_PROFILE": "dev",
            "AWS_SDK_LOAD_CONFIG": "1",
        },
    });
    let folder = Folder::new("planted");
    let scenario = Scenario::new(&source, &folder);
    let session = scenario.load().unwrap();
    let made = Made::new(&scenario, session.config(), &Value::Null);
    made.all().unwrap();

    let place = |line, section: &str| {
        let (path, section) = (folder.path("config"), section.to_owned());
        Told::File {
            path,
            line,
            section,
        }
    };
    let of_variable = |name: &str| Told::Environment(name.to_owned());
    assert_eq!(made.field(Field::Region, &place(3, "profile dev")), Ok(()));
    let lies = [
        place(2, "profile dev"),
        place(4, "profile dev"),
        place(3, "profile default"),
        of_variable("AWS_REGION"),
        Told::Code,
        Told::Default,
        Told::Unset,
    ];
    for lie in lies {
        assert!(made.field(Field::Region, &lie).is_err(), "{lie:?}");
    }
    assert!(
        made.field(Field::MaxAttempts, &of_variable("AWS_RETRY_MODE"))
            .is_err()
    );

    let (key, id) = ("aws_access_key_id", marked("ID"));
    assert_eq!(made.key(key, &place(4, "profile dev"), Some(&id)), Ok(()));
    assert!(
        made.key(key, &place(4, "profile dev"), Some("other"))
            .is_err()
    );
    let lies = [
        place(3, "profile dev"),
        place(5, "profile dev"),
        place(4, "profile x"),
        of_variable("AWS_RETRY_MODE"),
        Told::Code,
        Told::Default,
        Told::Unset,
    ];
    for lie in lies {
        assert!(made.key(key, &lie, Some(&id)).is_err(), "{lie:?}");
    }
}

#[test]
fn an_unknown_name_is_refused() {
    let mut options = Options::of(Config::default());
    options.environment = Some(Environment::default());
    options.files = Some(Vec::new());
    let session = Session::load(&options).unwrap();
    for name in [
        "",
        "Region",
        "nonsense\n",
        "AWS_REGION",
        "use_dualstack_endpoint",
    ] {
        let error = origin(session.config(), name).unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument);
        assert!(error.message().contains(&format!("{name:?}")), "{error}");
    }
}
