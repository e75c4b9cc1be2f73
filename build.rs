//! Gives the shared library its SONAME and its link options; nothing else happens at build time.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let linux = std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux");
    if !linux {
        return;
    }
    // cargo-c sets the SONAME itself, and must win.
    if std::env::var_os("CARGO_FEATURE_CAPI").is_none() {
        let part =
            |name: &str| std::env::var(format!("CARGO_PKG_VERSION_{name}")).unwrap_or_default();
        // Before 1.0 a minor version may break the ABI, so it is part of the name.
        let version = match part("MAJOR").as_str() {
            "0" => format!("0.{}", part("MINOR")),
            major => major.to_owned(),
        };
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libsession.so.{version}");
    }
    // A host that has a function of the same name must not take over calls inside the library.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-Bsymbolic-functions");
    // A dependency keeps a thread-local with a destructor: the code must outlive dlclose.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
