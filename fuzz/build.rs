//! Compiles the C part of `c_calls`.

fn main() {
    let files = ["fuzz_targets/c_calls.c", "../tests/c/any_order.h"];
    for file in files {
        println!("cargo::rerun-if-changed={file}");
    }
    cc::Build::new()
        .file("fuzz_targets/c_calls.c")
        .include("../include")
        .include("../tests/c")
        // The list of tests, which is for the runner of the tests alone.
        .flag("-Wno-unused-variable")
        .warnings_into_errors(true)
        // Only the one target links it, as it takes the network away.
        .cargo_metadata(false)
        .compile("c_calls_steps");
    let folder = std::env::var("OUT_DIR").unwrap_or_default();
    println!("cargo::rustc-link-search=native={folder}");
}
