/**
 * @file session.hpp
 * libsession for C++17: session.h with owners, exceptions and callables. Header only.
 *
 *     libsession::session session(libsession::config().region("us-west-2"));
 *     session.push_front(SESSION_STAGE_SEND, "app.Log", [](libsession::request_view request) {
 *         std::cerr << request.service() << '/' << request.operation() << '\n';
 *     });
 *     libsession::client s3(session, "s3");
 *     std::cout << libsession::request(s3, "ListBuckets", "GET", "/").send().body();
 *
 * A class owns one object of session.h, which says what its functions do, and is as large as a pointer. get() gives the
 * object to functions that have no method here; the constructor from a pointer takes over what they make. Objects move;
 * one that was moved from can be assigned to or destroyed, no more.
 *
 * What fails throws libsession::error. Setters of config and options don't: what they refuse is remembered, and the
 * error of what uses it. A std::string_view is borrowed from its object, until that changes or ends. Handlers are kept
 * as long as anything needs them, and may run on several threads at once.
 */
#ifndef SESSION_HPP
#define SESSION_HPP

#include <session.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace libsession {

/** Frees by a function of session.h. */
template <class T, void (*Free)(T *)> struct deleter {
    void operator()(T *object) const noexcept { Free(object); }
};

/** Owns an object of session.h. */
template <class T, void (*Free)(T *)> using handle = std::unique_ptr<T, deleter<T, Free>>;

/** An argument: a literal or a std::string, which is not copied, or NULL where session.h allows it. */
class text {
  public:
    text(const char *given) noexcept : given_(given) {}
    text(const std::string &given) noexcept : given_(given.c_str()) {}
    operator const char *() const noexcept { return given_; }

  private:
    const char *given_;
};

/** What went wrong; what() is the text with all causes. */
class error : public std::runtime_error {
  public:
    error(session_status_t status, std::shared_ptr<const session_error_t> details)
        : std::runtime_error(details ? session_error_text(details.get()) : session_status_name(status)),
          status_(status), details_(std::move(details))
    {
    }
    session_status_t status() const noexcept { return status_; }
    std::string_view code() const noexcept { return session_error_code(get()); }
    std::string_view message() const noexcept { return session_error_message(get()); }
    int http_status() const noexcept { return session_error_http_status(get()); }
    std::string_view request_id() const noexcept { return session_error_request_id(get()); }
    std::string_view host_id() const noexcept { return session_error_host_id(get()); }
    std::string_view path() const noexcept { return session_error_path(get()); }
    std::uint32_t line() const noexcept { return session_error_line(get()); }
    std::uint32_t column() const noexcept { return session_error_column(get()); }
    bool is_retryable() const noexcept { return session_error_is_retryable(get()); }
    /** For session_error_cause(); NULL where session.h gives a status alone. */
    const session_error_t *get() const noexcept { return details_.get(); }

  private:
    session_status_t status_;
    std::shared_ptr<const session_error_t> details_;
};

/** Throws if the status is not SESSION_OK, and takes over the details. */
inline void check(session_status_t status, session_error_t *details = nullptr)
{
    if (status != SESSION_OK)
        throw error(status, std::shared_ptr<session_error_t>(details, session_error_free));
}

namespace detail {

/** Calls a function of session.h that receives its error last. */
template <class Function, class... Arguments> void call(Function function, Arguments... arguments)
{
    session_error_t *details = nullptr;
    session_status_t status = function(arguments..., &details);
    check(status, details);
}

/** The same, and gives what the function makes. */
template <class T, class Function, class... Arguments> T *make(Function function, Arguments... arguments)
{
    T *made = nullptr;
    call(function, arguments..., &made);
    return made;
}

/** A text that a function of session.h makes. */
template <class Function, class... Arguments> std::string make_string(Function function, Arguments... arguments)
{
    return handle<char, session_string_free>(make<char>(function, arguments...)).get();
}

inline std::optional<std::string_view> maybe(const char *borrowed) noexcept
{
    return borrowed ? std::optional<std::string_view>(borrowed) : std::nullopt;
}

/** The base of the classes that own an object. */
template <class T, void (*Free)(T *)> class owner {
  public:
    explicit owner(T *owned) : handle_(owned)
    {
        if (!owned)
            throw std::bad_alloc();
    }
    T *get() const noexcept { return handle_.get(); }
    T *release() noexcept { return handle_.release(); }

  private:
    handle<T, Free> handle_;
};

} // namespace detail

/** Keys that belong together. */
class credentials_value : public detail::owner<session_credentials_value_t, session_credentials_value_free> {
  public:
    using owner::owner;
    std::string_view access_key_id() const noexcept { return session_credentials_value_access_key_id(get()); }
    std::string_view secret_access_key() const noexcept { return session_credentials_value_secret_access_key(get()); }
    std::string_view session_token() const noexcept { return session_credentials_value_session_token(get()); }
    std::string_view provider() const noexcept { return session_credentials_value_provider(get()); }
    std::string_view account_id() const noexcept { return session_credentials_value_account_id(get()); }
    /** Unix seconds; INT64_MAX: never. */
    std::int64_t expires_at() const noexcept { return session_credentials_value_expires_at(get()); }
};

/** Where credentials come from. */
class credentials : public detail::owner<session_credentials_t, session_credentials_free> {
  public:
    using owner::owner;
    credentials(text access_key_id, text secret_access_key, text session_token = nullptr)
        : owner(detail::make<session_credentials_t>(session_credentials_new_static, access_key_id, secret_access_key,
                                                    session_token))
    {
    }
    static credentials anonymous() { return credentials(session_credentials_new_anonymous()); }
    /** Another handle on the same source. */
    credentials share() const { return credentials(session_credentials_copy(get())); }
    credentials_value value(std::uint32_t min_remaining_seconds = 0, session_cancel_t *cancel = nullptr) const
    {
        return credentials_value(
            detail::make<session_credentials_value_t>(session_credentials_get, get(), min_remaining_seconds, cancel));
    }
    void refresh(session_cancel_t *cancel = nullptr) const { detail::call(session_credentials_refresh, get(), cancel); }
    void expire() const noexcept { session_credentials_expire(get()); }
};

/** Settings, each of which may be set or not. A copy is another configuration. */
class config : public detail::owner<session_config_t, session_config_free> {
  public:
    using owner::owner;
    config() : owner(session_config_new()) {}
    config(const config &other) : owner(session_config_copy(other.get())) {}
    config(config &&) noexcept = default;
    config &operator=(config other) noexcept
    {
        owner::operator=(std::move(other));
        return *this;
    }
    std::optional<std::string_view> value(text name) const noexcept
    {
        return detail::maybe(session_config_get(get(), name));
    }

    config &set(text name, text value) { return with(session_config_set, name, value); }
    config &unset(text name) { return with(session_config_unset, name); }
    config &merge(const config &overrides) { return with(session_config_merge, overrides.get()); }
    config &credentials(const libsession::credentials &c) { return with(session_config_set_credentials, c.get()); }
    config &transport(const session_transport_t &table) { return with(session_config_set_transport, &table); }
    config &region(text v) { return with(session_config_set_region, v); }
    config &endpoint(text v) { return with(session_config_set_endpoint, v); }
    config &disable_ssl(bool v) { return with(session_config_set_disable_ssl, v); }
    config &use_fips_endpoint(bool v) { return with(session_config_set_use_fips_endpoint, v); }
    config &use_dual_stack_endpoint(bool v) { return with(session_config_set_use_dual_stack_endpoint, v); }
    config &use_dual_stack(bool v) { return with(session_config_set_use_dual_stack, v); }
    config &sts_regional_endpoint(text v) { return with(session_config_set_sts_regional_endpoint, v); }
    config &s3_us_east_1_regional_endpoint(text v)
    {
        return with(session_config_set_s3_us_east_1_regional_endpoint, v);
    }
    config &s3_force_path_style(bool v) { return with(session_config_set_s3_force_path_style, v); }
    config &s3_use_accelerate(bool v) { return with(session_config_set_s3_use_accelerate, v); }
    config &s3_use_arn_region(bool v) { return with(session_config_set_s3_use_arn_region, v); }
    config &s3_disable_100_continue(bool v) { return with(session_config_set_s3_disable_100_continue, v); }
    config &disable_param_validation(bool v) { return with(session_config_set_disable_param_validation, v); }
    config &disable_compute_checksums(bool v) { return with(session_config_set_disable_compute_checksums, v); }
    config &disable_rest_protocol_uri_cleaning(bool v)
    {
        return with(session_config_set_disable_rest_protocol_uri_cleaning, v);
    }
    config &enable_endpoint_discovery(bool v) { return with(session_config_set_enable_endpoint_discovery, v); }
    config &max_retries(std::uint32_t v) { return with(session_config_set_max_retries, v); }
    config &max_attempts(std::uint32_t v) { return with(session_config_set_max_attempts, v); }
    config &auth_scheme_preference(text v) { return with(session_config_set_auth_scheme_preference, v); }
    config &sdk_ua_app_id(text v) { return with(session_config_set_sdk_ua_app_id, v); }
    config &retry_mode(text v) { return with(session_config_set_retry_mode, v); }
    config &log_level(text v) { return with(session_config_set_log_level, v); }
    config &ca_bundle(text v) { return with(session_config_set_ca_bundle, v); }
    config &client_tls_cert(text v) { return with(session_config_set_client_tls_cert, v); }
    config &client_tls_key(text v) { return with(session_config_set_client_tls_key, v); }
    config &ec2_metadata_service_endpoint(text v) { return with(session_config_set_ec2_metadata_service_endpoint, v); }
    config &ec2_metadata_service_endpoint_mode(text v)
    {
        return with(session_config_set_ec2_metadata_service_endpoint_mode, v);
    }
    config &ec2_metadata_enable_fallback(bool v) { return with(session_config_set_ec2_metadata_enable_fallback, v); }
    config &csm_enabled(bool v) { return with(session_config_set_csm_enabled, v); }
    config &csm_host(text v) { return with(session_config_set_csm_host, v); }
    config &csm_port(text v) { return with(session_config_set_csm_port, v); }
    config &csm_client_id(text v) { return with(session_config_set_csm_client_id, v); }

  private:
    template <class Set, class... Values> config &with(Set function, Values... values) noexcept
    {
        function(get(), values...);
        return *this;
    }
};

class handlers;

/** A request that is not owned, such as the one that a handler is called with. */
class request_view {
  public:
    explicit request_view(session_request_t *borrowed) noexcept : request_(borrowed) {}
    session_request_t *get() const noexcept { return request_; }

    std::string_view service() const noexcept { return session_request_service(request_); }
    std::string_view operation() const noexcept { return session_request_operation(request_); }
    std::string_view params() const noexcept { return session_request_params(request_); }
    std::string_view method() const noexcept { return session_request_method(request_); }
    std::string_view url() const noexcept { return session_request_url(request_); }
    std::string_view region() const noexcept { return session_request_region(request_); }
    std::string_view endpoint() const noexcept { return session_request_endpoint(request_); }
    std::string_view signing_region() const noexcept { return session_request_signing_region(request_); }
    std::string_view signing_name() const noexcept { return session_request_signing_name(request_); }
    std::string_view partition() const noexcept { return session_request_partition(request_); }
    std::string_view request_id() const noexcept { return session_request_request_id(request_); }
    std::optional<std::string_view> header(text name) const noexcept
    {
        return detail::maybe(session_request_header(request_, name));
    }
    std::optional<std::string_view> response_header(text name) const noexcept
    {
        return detail::maybe(session_request_response_header(request_, name));
    }
    std::string_view body() const noexcept
    {
        std::size_t length = 0;
        const void *data = session_request_body(request_, &length);
        return {static_cast<const char *>(data), length};
    }
    int retry_count() const noexcept { return session_request_retry_count(request_); }
    int http_status() const noexcept { return session_request_http_status(request_); }
    /** 1: yes; 0: no; -1: undecided. */
    int retryable() const noexcept { return session_request_retryable(request_); }
    bool is_presigned() const noexcept { return session_request_is_presigned(request_); }
    /** For session_error_*; NULL if nothing is wrong. */
    const session_error_t *failure() const noexcept { return session_request_error(request_); }
    /** The live lists of this request. */
    libsession::handlers handlers() const;

    void set_header(text name, text value) { check(session_request_set_header(request_, name, value)); }
    void remove_header(text name) { check(session_request_remove_header(request_, name)); }
    void add_query(text name, text value) { check(session_request_add_query(request_, name, value)); }
    void set_body(std::string_view data) { check(session_request_set_body(request_, data.data(), data.size())); }
    /** Without a copy: `data` stays as it is until the request has another body or is gone. */
    void set_body_borrowed(std::string_view data)
    {
        check(session_request_set_body_borrowed(request_, data.data(), data.size(), nullptr, nullptr));
    }
    void set_url(text url) { check(session_request_set_url(request_, url)); }
    void set_method(text method) { check(session_request_set_method(request_, method)); }
    void set_signing_region(text region) { check(session_request_set_signing_region(request_, region)); }
    void set_signing_name(text name) { check(session_request_set_signing_name(request_, name)); }
    void set_retryable(int retryable) noexcept { session_request_set_retryable(request_, retryable); }
    /** A code of NULL takes the error away. */
    void set_error(text code, text message) noexcept { session_request_set_error(request_, code, message); }

  private:
    session_request_t *request_;
};

/** Fourteen lists of handlers: callables that take a request_view. What one throws is the request's error. */
class handlers : public detail::owner<session_handlers_t, session_handlers_free> {
  public:
    using owner::owner;
    /** Empty lists, for options. */
    handlers() : owner(session_handlers_new()) {}
    /** The lists that sessions start with. */
    static handlers defaults() { return handlers(session_handlers_default()); }
    /** Lists of their own, with what these have now. */
    handlers copy() const { return handlers(session_handlers_copy(get())); }

    template <class F> void push_front(session_stage_t stage, text name, F &&handler)
    {
        add(session_handlers_push_front, stage, name, std::forward<F>(handler));
    }
    template <class F> void push_back(session_stage_t stage, text name, F &&handler)
    {
        add(session_handlers_push_back, stage, name, std::forward<F>(handler));
    }
    template <class F> void set_front(session_stage_t stage, text name, F &&handler)
    {
        add(session_handlers_set_front, stage, name, std::forward<F>(handler));
    }
    template <class F> void set_back(session_stage_t stage, text name, F &&handler)
    {
        add(session_handlers_set_back, stage, name, std::forward<F>(handler));
    }
    /** Gives whether there was one of that name. */
    template <class F> bool swap(session_stage_t stage, text name, F &&handler)
    {
        bool swapped = false;
        add(session_handlers_swap, stage, name, std::forward<F>(handler), &swapped);
        return swapped;
    }
    std::size_t remove(session_stage_t stage, text name) { return session_handlers_remove(get(), stage, name); }
    void clear(session_stage_t stage) noexcept { session_handlers_clear(get(), stage); }
    std::size_t size(session_stage_t stage) const noexcept { return session_handlers_len(get(), stage); }
    bool empty() const noexcept { return session_handlers_is_empty(get()); }
    /** As a request would. */
    void run(session_stage_t stage, request_view on) { detail::call(session_handlers_run, get(), stage, on.get()); }

  private:
    template <class Add, class F, class... Rest>
    void add(Add function, session_stage_t stage, text name, F &&handler, Rest... rest)
    {
        using callable = std::decay_t<F>;
        session_free_fn destroy = [](void *data) noexcept { delete static_cast<callable *>(data); };
        detail::call(function, get(), stage, name, run_callable<callable>, new callable(std::forward<F>(handler)),
                     destroy, rest...);
    }
    template <class F> static void run_callable(session_request_t *request, void *data) noexcept
    {
        try {
            (*static_cast<F *>(data))(request_view(request));
        } catch (const error &thrown) {
            fail(request, session_error_code(thrown.get()), thrown.get() ? thrown.message().data() : thrown.what());
        } catch (const std::exception &thrown) {
            fail(request, "", thrown.what());
        } catch (...) {
            fail(request, "", "the handler threw what is no std::exception");
        }
    }
    static void fail(session_request_t *request, const char *code, const char *message) noexcept
    {
        session_request_set_error(request, *code ? code : "Exception", message);
    }
};

inline handlers request_view::handlers() const
{
    return libsession::handlers(session_request_handlers(request_));
}

/** What a load is told. */
class options : public detail::owner<session_options_t, session_options_free> {
  public:
    using owner::owner;
    options() : owner(session_options_new()) {}

    options &profile(text name) { return with(session_options_set_profile, name); }
    options &shared_config_state(session_shared_config_state_t s)
    {
        return with(session_options_set_shared_config_state, s);
    }
    options &config(const libsession::config &c) { return with(session_options_set_config, c.get()); }
    options &handlers(const libsession::handlers &h) { return with(session_options_set_handlers, h.get()); }
    /** The files to read instead of the usual ones. */
    options &files(const std::vector<std::string> &paths)
    {
        return with(session_options_set_files, pointers(paths).data(), paths.size());
    }
    /** Each `NAME=value`, instead of the process's environment. */
    options &environment(const std::vector<std::string> &variables)
    {
        return with(session_options_set_environment, pointers(variables).data(), variables.size());
    }

  private:
    template <class Set, class... Values> options &with(Set function, Values... values) noexcept
    {
        function(get(), values...);
        return *this;
    }
    /** With a NULL at the end: an empty list is not the same as none. */
    static std::vector<const char *> pointers(const std::vector<std::string> &texts)
    {
        std::vector<const char *> pointers;
        for (const std::string &each : texts)
            pointers.push_back(each.c_str());
        pointers.push_back(nullptr);
        return pointers;
    }
};

/** Configuration, credentials and handlers, loaded once and inherited by every client made from it. */
class session : public detail::owner<session_t, session_free> {
  public:
    using owner::owner;
    session() : owner(detail::make<session_t>(session_new, nullptr)) {}
    explicit session(const config &c) : owner(detail::make<session_t>(session_new, c.get())) {}
    explicit session(const options &o) : owner(detail::make<session_t>(session_new_with_options, o.get())) {}
    /** Why it can't be loaded is the error of its first request. */
    static session deferred(const config &c) { return session(session_new_deferred(c.get())); }
    /** The session of the process, loaded when it is first asked for. */
    static session process_wide() { return session(detail::make<session_t>(session_default)); }

    session copy(const config &overrides = config()) const
    {
        return session(detail::make<session_t>(session_copy, get(), overrides.get()));
    }
    /** A snapshot of what was resolved. */
    config get_config() const { return config(detail::make<session_config_t>(session_get_config, get())); }
    /** Where a value comes from. */
    std::string origin(text name) const { return detail::make_string(session_origin, get(), name); }
    std::string explain(session_explain_format_t format) const
    {
        return detail::make_string(session_explain, get(), format);
    }
    libsession::credentials credentials() const { return libsession::credentials(session_credentials(get())); }
    libsession::handlers handlers() const { return libsession::handlers(session_handlers(get())); }
    template <class F> void push_front(session_stage_t stage, text name, F &&handler)
    {
        handlers().push_front(stage, name, std::forward<F>(handler));
    }
    template <class F> void push_back(session_stage_t stage, text name, F &&handler)
    {
        handlers().push_back(stage, name, std::forward<F>(handler));
    }
};

/** A client of one service. */
class client : public detail::owner<session_client_t, session_client_free> {
  public:
    using owner::owner;
    client(const session &from, text service, const config &overrides = config())
        : owner(detail::make<session_client_t>(session_client_new, from.get(), service, overrides.get()))
    {
    }
    std::string_view service() const noexcept { return session_client_service(get()); }
    std::string_view endpoint() const noexcept { return session_client_endpoint(get()); }
    std::string_view region() const noexcept { return session_client_region(get()); }
    std::string_view signing_region() const noexcept { return session_client_signing_region(get()); }
    std::string_view signing_name() const noexcept { return session_client_signing_name(get()); }
    std::string_view partition() const noexcept { return session_client_partition(get()); }
    libsession::handlers handlers() const { return libsession::handlers(session_client_handlers(get())); }
};

/** The reply of a service. */
class response : public detail::owner<session_response_t, session_response_free> {
  public:
    using owner::owner;
    int status() const noexcept { return session_response_status(get()); }
    std::optional<std::string_view> header(text name) const noexcept
    {
        return detail::maybe(session_response_header(get(), name));
    }
    /** The whole body; a longer one is an error. */
    std::string_view body(std::size_t limit = std::size_t(64) << 20)
    {
        const char *data = nullptr;
        std::size_t length = 0;
        detail::call(session_response_body, get(), limit, &data, &length);
        return {data, length};
    }
    /** Reads the next bytes; 0 is the end. */
    std::size_t read(void *buffer, std::size_t capacity)
    {
        std::size_t length = 0;
        detail::call(session_response_read, get(), buffer, capacity, &length);
        return length;
    }
    /** The text of the first element or member of a name. */
    std::string value(text name) { return detail::make_string(session_response_value, get(), name); }
};

/** One call of an operation. */
class request : public request_view {
  public:
    explicit request(session_request_t *owned) : request_view(owned), handle_(owned) {}
    request(const client &of, text operation, text method, text path, text params = nullptr)
        : request(detail::make<session_request_t>(session_request_new, of.get(), operation, method, path, params))
    {
    }
    session_request_t *release() noexcept { return handle_.release(); }
    response send() { return response(detail::make<session_response_t>(session_request_send, get())); }
    /** A URL with which anyone can make this request for some time. */
    std::string presign(std::chrono::duration<std::uint32_t> seconds)
    {
        return detail::make_string(session_request_presign, get(), seconds.count());
    }

  private:
    handle<session_request_t, session_request_free> handle_;
};

} // namespace libsession

#endif
