//! The environment: every variable that a session knows, in one table, read in one pass once per load.

use crate::credentials::Secret;
use crate::error::{Error, Result, Status};
use crate::os;
use crate::text::{Text, overwrite};
use std::borrow::Cow;
use std::ffi::OsStr;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a variable can do. One that reaches out is ignored where the program has more rights than its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Sets a value.
    Value,
    /// Names a file.
    File,
    /// Names a server, most often by a URL, which may hold a password.
    Url,
}
use Reach::{File, Url, Value};

macro_rules! variables {
    ($($variable:ident $name:literal $reach:expr;)*) => {
        /// A variable of the environment.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "each is documented by its name, which the table beside it gives")]
        #[repr(u8)]
        pub enum Variable { $($variable),* }

        impl Variable {
            /// All variables, in the order of the table.
            pub const ALL: &'static [Variable] = &[$(Variable::$variable),*];

            /// The variable's name in the environment.
            pub const fn name(self) -> &'static str {
                match self { $(Variable::$variable => $name),* }
            }

            /// The variable of that name.
            pub fn named(name: &[u8]) -> Option<Variable> {
                // Compiled to a comparison by length and then by words.
                $(if name == $name.as_bytes() { return Some(Variable::$variable); })*
                None
            }

            /// Whether it names a server.
            pub fn is_url(self) -> bool {
                self.reach() == Url
            }

            const fn reach(self) -> Reach {
                match self { $(Variable::$variable => $reach),* }
            }

            const fn bit(self) -> u128 {
                const { assert!(Variable::ALL.len() <= u128::BITS as usize) };
                1 << self as u8
            }
        }
    };
}

variables! {
    AccessKeyId "AWS_ACCESS_KEY_ID" Value;
    AccessKey "AWS_ACCESS_KEY" Value;
    SecretAccessKey "AWS_SECRET_ACCESS_KEY" Value;
    SecretKey "AWS_SECRET_KEY" Value;
    SessionToken "AWS_SESSION_TOKEN" Value;
    AccountId "AWS_ACCOUNT_ID" Value;
    Region "AWS_REGION" Value;
    DefaultRegion "AWS_DEFAULT_REGION" Value;
    Profile "AWS_PROFILE" Value;
    DefaultProfile "AWS_DEFAULT_PROFILE" Value;
    SdkLoadConfig "AWS_SDK_LOAD_CONFIG" Value;
    SharedCredentialsFile "AWS_SHARED_CREDENTIALS_FILE" File;
    ConfigFile "AWS_CONFIG_FILE" File;
    CaBundle "AWS_CA_BUNDLE" File;
    ClientTlsCert "AWS_SDK_GO_CLIENT_TLS_CERT" File;
    ClientTlsKey "AWS_SDK_GO_CLIENT_TLS_KEY" File;
    RoleArn "AWS_ROLE_ARN" Value;
    RoleSessionName "AWS_ROLE_SESSION_NAME" Value;
    WebIdentityTokenFile "AWS_WEB_IDENTITY_TOKEN_FILE" File;
    LoginCacheDirectory "AWS_LOGIN_CACHE_DIRECTORY" File;
    EnableEndpointDiscovery "AWS_ENABLE_ENDPOINT_DISCOVERY" Value;
    StsRegionalEndpoints "AWS_STS_REGIONAL_ENDPOINTS" Value;
    S3UsEast1RegionalEndpoint "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT" Value;
    S3UseArnRegion "AWS_S3_USE_ARN_REGION" Value;
    UseDualstackEndpoint "AWS_USE_DUALSTACK_ENDPOINT" Value;
    UseFipsEndpoint "AWS_USE_FIPS_ENDPOINT" Value;
    AuthSchemePreference "AWS_AUTH_SCHEME_PREFERENCE" Value;
    SdkUaAppId "AWS_SDK_UA_APP_ID" Value;
    EndpointUrl "AWS_ENDPOINT_URL" Url;
    IgnoreConfiguredEndpointUrls "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" Value;
    MaxAttempts "AWS_MAX_ATTEMPTS" Value;
    RetryMode "AWS_RETRY_MODE" Value;
    Ec2MetadataDisabled "AWS_EC2_METADATA_DISABLED" Value;
    Ec2MetadataServiceEndpoint "AWS_EC2_METADATA_SERVICE_ENDPOINT" Url;
    Ec2MetadataServiceEndpointMode "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE" Value;
    Ec2MetadataV1Disabled "AWS_EC2_METADATA_V1_DISABLED" Value;
    MetadataServiceTimeout "AWS_METADATA_SERVICE_TIMEOUT" Value;
    MetadataServiceNumAttempts "AWS_METADATA_SERVICE_NUM_ATTEMPTS" Value;
    ContainerCredentialsRelativeUri "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" Url;
    ContainerCredentialsFullUri "AWS_CONTAINER_CREDENTIALS_FULL_URI" Url;
    ContainerAuthorizationToken "AWS_CONTAINER_AUTHORIZATION_TOKEN" Value;
    ContainerAuthorizationTokenFile "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" File;
    CsmEnabled "AWS_CSM_ENABLED" Value;
    CsmHost "AWS_CSM_HOST" Url;
    CsmPort "AWS_CSM_PORT" Value;
    CsmClientId "AWS_CSM_CLIENT_ID" Value;
    ExecutionEnv "AWS_EXECUTION_ENV" Value;
    LambdaFunctionName "AWS_LAMBDA_FUNCTION_NAME" Value;
    TraceId "_X_AMZN_TRACE_ID" Value;
    Home "HOME" File;
    HttpProxy "HTTP_PROXY" Url;
    HttpProxyLower "http_proxy" Url;
    HttpsProxy "HTTPS_PROXY" Url;
    HttpsProxyLower "https_proxy" Url;
    NoProxy "NO_PROXY" Url;
    NoProxyLower "no_proxy" Url;
    RequestMethod "REQUEST_METHOD" Value;
    SslCertFile "SSL_CERT_FILE" File;
    SslCertDir "SSL_CERT_DIR" File;
}

/// The name of a variable and its value, which may be secret.
pub(crate) type Pair = (Box<str>, Secret);

/// What stands before the signing name in the variables that hold bearer tokens.
const BEARER_TOKEN: &str = "AWS_BEARER_TOKEN_";

/// The variable that holds the bearer token for the service of that signing name.
pub fn bearer_token_variable(signing_name: &str) -> String {
    let name = variable_bytes(signing_name).map(char::from);
    BEARER_TOKEN.chars().chain(name).collect()
}

fn variable_bytes(signing_name: &str) -> impl Iterator<Item = u8> {
    let spelt = |byte: u8| if byte == b'-' { b'_' } else { byte };
    signing_name
        .bytes()
        .map(move |byte| spelt(byte).to_ascii_uppercase())
}

/// The variables that are set, as they were at one moment.
#[derive(Clone, Default)]
pub struct Environment {
    /// All values, one after the other. One that is no UTF-8 can still name a file.
    bytes: Bytes,
    /// A bit for each variable that is set. A load asks for all of them, and most are not.
    set: u128,
    /// Where each value stands. A handful of entries: a scan beats an index.
    values: Vec<(Variable, Range<usize>)>,
    /// What follows `AWS_ENDPOINT_URL_`, and the value.
    endpoints: Vec<(Box<str>, Text)>,
    /// What follows `AWS_BEARER_TOKEN_`, and the value; none where that is no text.
    bearer_tokens: Vec<(Box<str>, Option<Secret>)>,
    /// All variables of an environment of the host's own, for programs that are started.
    own: Option<Arc<[Pair]>>,
    privileged: bool,
    of_process: bool,
}

/// Bytes that are overwritten when they are dropped, as some are secret.
#[derive(Clone, Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    /// Adds a value and says where it stands.
    fn add(&mut self, value: &[u8]) -> Range<usize> {
        let start = self.0.len();
        if self.0.capacity() - start < value.len() {
            let mut longer = Vec::with_capacity((start + value.len()) * 2);
            longer.extend_from_slice(&self.0);
            // What Vec itself would leave behind is dropped here, and so overwritten.
            *self = Bytes(longer);
        }
        self.0.extend_from_slice(value);
        start..self.0.len()
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        overwrite(&mut self.0);
    }
}

impl Environment {
    /// Reads the environment of the process.
    pub fn of_process() -> Environment {
        let mut environment = Environment {
            bytes: Bytes(Vec::with_capacity(256)),
            set: 0,
            values: Vec::with_capacity(16),
            endpoints: Vec::new(),
            bearer_tokens: Vec::new(),
            own: None,
            privileged: os::is_privileged(),
            of_process: true,
        };
        os::each_environment_entry(|entry| {
            // Most variables are none of ours: their first letter tells.
            if matches!(
                entry.first(),
                Some(b'A' | b'H' | b'N' | b'R' | b'S' | b'_' | b'h' | b'n')
            ) {
                let equals = entry.iter().position(|byte| *byte == b'=');
                if let Some((name, value)) = equals.and_then(|at| entry.split_at_checked(at)) {
                    environment.add(name, value.get(1..).unwrap_or_default());
                }
            }
        });
        environment
    }

    /// An environment of the host's own; what it does not name is not set. The last of two values of a name counts.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Environment {
        let mut environment = Environment::default();
        let mut own: Vec<Pair> = Vec::new();
        for (name, value) in pairs {
            if let Some(variable) = Variable::named(name.as_bytes()) {
                environment.values.retain(|(set, _)| *set != variable);
                environment.set &= !variable.bit();
            }
            environment
                .endpoints
                .retain(|(service, _)| name.strip_prefix("AWS_ENDPOINT_URL_") != Some(service));
            environment
                .bearer_tokens
                .retain(|(service, _)| name.strip_prefix(BEARER_TOKEN) != Some(service));
            // C would see no more of it.
            let seen = value.split('\0').next().unwrap_or_default();
            environment.add(name.as_bytes(), seen.as_bytes());
            own.retain(|(set, _)| **set != *name);
            // No program can be given a NUL.
            if let (false, Ok(value)) = (name.contains('\0'), Secret::new(value)) {
                own.push((name.into(), value));
            }
        }
        environment.own = Some(own.into());
        environment
    }

    fn add(&mut self, name: &[u8], value: &[u8]) {
        if let Some(service) = name.strip_prefix(b"AWS_ENDPOINT_URL_") {
            return self.add_endpoint(service, value);
        }
        if let Some(service) = name.strip_prefix(BEARER_TOKEN.as_bytes()) {
            return self.add_bearer_token(service, value);
        }
        let Some(variable) = Variable::named(name) else {
            return;
        };
        let ignored = self.privileged && variable.reach() != Value;
        // A variable of blanks counts as unset; of two entries of one name, getenv() sees the first.
        let blank = value.iter().all(u8::is_ascii_whitespace);
        if ignored || blank || self.entry(variable).is_some() {
            return;
        }
        let place = self.bytes.add(value);
        self.values.push((variable, place));
        self.set |= variable.bit();
    }

    fn add_endpoint(&mut self, service: &[u8], value: &[u8]) {
        if let (Ok(service), Ok(value), false) = (
            std::str::from_utf8(service),
            std::str::from_utf8(value),
            self.privileged,
        ) {
            if !value.trim().is_empty() && self.endpoint(service).is_none() {
                self.endpoints.push((service.into(), Text::lossy(value)));
            }
        }
    }

    fn add_bearer_token(&mut self, service: &[u8], value: &[u8]) {
        let Ok(service) = std::str::from_utf8(service) else {
            return;
        };
        let blank = value.iter().all(u8::is_ascii_whitespace);
        let known = self.bearer_tokens.iter().any(|(set, _)| **set == *service);
        if !blank && !known {
            let token = std::str::from_utf8(value).ok();
            let token = token.and_then(|token| Secret::new(token).ok());
            self.bearer_tokens.push((service.into(), token));
        }
    }

    /// The token of the variable that [`bearer_token_variable`] names.
    pub fn bearer_token(&self, signing_name: &str) -> Option<Result<&Secret>> {
        let (service, token) = self
            .bearer_tokens
            .iter()
            .find(|(set, _)| set.bytes().eq(variable_bytes(signing_name)))?;
        Some(token.as_ref().ok_or_else(|| {
            let why = format!("environment variable {BEARER_TOKEN}{service} is no valid UTF-8");
            Error::new(Status::Config, "EnvConfigError", why)
        }))
    }

    /// Whether there is a variable with a token for the service, good or not.
    pub(crate) fn has_bearer_token(&self, signing_name: &str) -> bool {
        self.bearer_token(signing_name).is_some()
    }

    /// All variables, where the environment is the host's own and not the process's.
    pub(crate) fn own(&self) -> Option<&[Pair]> {
        self.own.as_deref()
    }

    /// The endpoint that `AWS_ENDPOINT_URL_<SERVICE>` names; the service's id in capitals.
    pub fn endpoint(&self, service: &str) -> Option<&Text> {
        self.endpoints
            .iter()
            .find(|(set, _)| **set == *service)
            .map(|(_, url)| url)
    }

    /// Whether a variable is set.
    #[inline]
    pub fn has(&self, variable: Variable) -> bool {
        self.set & variable.bit() != 0
    }

    fn entry(&self, variable: Variable) -> Option<&[u8]> {
        if !self.has(variable) {
            return None;
        }
        let (_, place) = self.values.iter().find(|(set, _)| *set == variable)?;
        self.bytes.0.get(place.clone())
    }

    /// The value of a variable, if it is set; an error if it is no text.
    pub fn text(&self, variable: Variable) -> Result<Option<&str>> {
        let text = self.entry(variable).map(std::str::from_utf8);
        text.transpose()
            .map_err(|_| bad_variable(variable, "is no valid UTF-8"))
    }

    /// The value of a variable that is set and is text.
    pub fn get(&self, variable: Variable) -> Option<&str> {
        std::str::from_utf8(self.entry(variable)?).ok()
    }

    /// The value of a variable that is set, to be shown: what is no text reads as U+FFFD.
    pub fn lossy(&self, variable: Variable) -> Option<Cow<'_, str>> {
        self.entry(variable).map(String::from_utf8_lossy)
    }

    /// The value of a variable at this moment, for what changes while a program runs: Lambda sets the trace id anew for
    /// each call. An environment of the host's own does not change.
    pub fn now(&self, variable: Variable) -> Option<String> {
        let value = match self.of_process {
            true => std::env::var_os(variable.name())?
                .to_string_lossy()
                .into_owned(),
            false => self.get(variable)?.to_owned(),
        };
        (!value.trim().is_empty()).then_some(value)
    }

    /// The value of a variable that names a file.
    pub fn as_path(&self, variable: Variable) -> Option<&Path> {
        self.entry(variable)
            .map(|value| Path::new(OsStr::from_bytes(value)))
    }

    /// A copy of that.
    pub fn path(&self, variable: Variable) -> Option<PathBuf> {
        self.as_path(variable).map(Path::to_owned)
    }

    /// The home folder: `HOME`, or what the user database says.
    pub fn home(&self) -> Option<PathBuf> {
        self.path(Variable::Home).or_else(os::home_of_user)
    }

    /// Whether shared config is on by `AWS_SDK_LOAD_CONFIG`, which has a set of words of its own.
    pub fn loads_config(&self) -> bool {
        self.get(Variable::SdkLoadConfig)
            .is_some_and(|text| matches!(text, "1" | "t" | "T" | "true" | "TRUE" | "True"))
    }

    /// Whether the program has more rights than its caller.
    pub fn is_privileged(&self) -> bool {
        self.privileged
    }
}

/// The error for a variable with a value that can't be used.
pub fn bad_variable(variable: Variable, why: &str) -> Error {
    Error::new(
        Status::Config,
        "EnvConfigError",
        format!("environment variable {} {why}", variable.name()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_count_as_unset_and_the_last_pair_wins() {
        let environment = Environment::from_pairs([
            ("AWS_REGION", "a"),
            ("AWS_PROFILE", " \t"),
            ("AWS_REGION", "b"),
            ("X", "y"),
        ]);
        assert_eq!(environment.get(Variable::Region).unwrap(), "b");
        assert!(environment.get(Variable::Profile).is_none());
    }

    #[test]
    fn bearer_tokens_and_all_own_variables_are_kept() {
        let environment = Environment::from_pairs([
            ("AWS_BEARER_TOKEN_BEDROCK", "old"),
            ("X", "1"),
            ("AWS_BEARER_TOKEN_BEDROCK", "new"),
            ("AWS_BEARER_TOKEN_S3", " "),
            ("X", "2"),
        ]);
        let token = environment.bearer_token("BEDROCK").unwrap().unwrap();
        assert_eq!(token.as_str(), "new");
        assert!(environment.bearer_token("S3").is_none());
        let own = environment.own().unwrap();
        let x: Vec<&str> = own
            .iter()
            .filter(|(name, _)| **name == *"X")
            .map(|(_, value)| value.as_str())
            .collect();
        assert_eq!(x, ["2"]);
        assert!(Environment::of_process().own().is_none());
    }

    #[test]
    fn every_variable_is_found_by_its_name() {
        for variable in Variable::ALL {
            assert_eq!(Variable::named(variable.name().as_bytes()), Some(*variable));
        }
    }

    #[test]
    fn a_privileged_program_ignores_what_reaches_outward() {
        let mut environment = Environment {
            privileged: true,
            ..Environment::default()
        };
        environment.add(b"AWS_CONFIG_FILE", b"/tmp/evil");
        environment.add(b"AWS_REGION", b"r");
        assert!(environment.path(Variable::ConfigFile).is_none());
        assert!(environment.get(Variable::Region).is_some());
    }

    #[test]
    fn a_value_that_is_no_text_can_still_name_a_file() {
        let mut environment = Environment::default();
        environment.add(b"HOME", b"/home/\xff");
        environment.add(b"AWS_REGION", b"\xff");
        assert!(environment.home().is_some());
        assert_eq!(
            environment.text(Variable::Region).unwrap_err().code(),
            "EnvConfigError"
        );
    }
}
