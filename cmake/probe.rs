//! Empty: CMake asks rustc which system libraries a static library made from it needs.
