//! Keys that stand in files.

use crate::world::{World, get, get_anew};

#[test]
fn keys_that_were_replaced_are_read_when_the_old_ones_are_given_up() {
    let world = World::new();
    let of_key =
        |key: &str| format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = S\n");
    let session = world.session(&of_key("OLD"));
    world.write(".aws/config", of_key("NEW"));
    assert_eq!(get(&session).unwrap().access_key_id, "OLD");
    assert_eq!(get_anew(&session).unwrap().access_key_id, "NEW");
    // Also where they have moved to the other file.
    world.write(".aws/credentials", of_key("MOVED"));
    let value = get_anew(&session).unwrap();
    assert_eq!(value.access_key_id, "MOVED");
    assert!(
        value.provider.ends_with(".aws/credentials"),
        "{}",
        value.provider
    );
    world.write(".aws/credentials", "");
    world.write(".aws/config", "[default]\nregion = r\n");
    assert_eq!(get_anew(&session).unwrap_err().code(), "SharedCredsLoad");
    world.write(".aws/config", "[broken\n");
    assert!(get_anew(&session).is_err());
}
