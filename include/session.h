/**
 * @file session.h
 * libsession: AWS sessions for C. Loads configuration and credentials once, and shares
 * them with every client made from the session; signs requests and sends them.
 *
 * Ownership: what a `_new`, a `_copy` or an out-parameter gives is yours; free it with the
 * `_free` of its type, which takes NULL, in any order. A `const char *` that is returned is
 * borrowed from the object it was asked of, until that changes or is freed. A `char **` is
 * freed with session_string_free(). What you pass in is copied.
 *
 * Callbacks: `user_data` is the library's from the moment of the call, also if the call
 * fails; `free_user_data` (NULL: none) runs exactly once. A callback must not unwind or
 * longjmp; it may call any function of the library.
 *
 * Errors: a fallible function returns a status; its last parameter, which may be NULL,
 * receives an error object on failure and NULL on success, and is never read. Other outputs
 * are untouched on failure, but for the bytes of a buffer to read into. After
 * SESSION_ERR_INTERNAL an object may only be freed.
 *
 * Threads: every object may move between threads. Sessions, clients, credentials, cancels
 * and handler lists are synchronised inside: any thread, any time. Credentials values and
 * errors never change. A configuration, options, a request, a response and a signing belong
 * to one thread at a time. No thread needs clean-up; the library stays mapped after dlclose.
 * There is no global initialisation. Nothing is printed but by session_must_new() and
 * session_stdin_token_provider(). Process-wide are the default session, the caches of signing
 * keys and of trusted certificates, and the thread of session_background_refresh_start(). A
 * forked child opens connections of its own.
 *
 * The Go package this follows: github.com/aws/aws-sdk-go/aws/session.
 */

#ifndef SESSION_H
#define SESSION_H

/* Generated from src/ffi; to change it, change that and run: UPDATE_HEADER=1 cargo test --test header */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The major version of this header; session_version() tells that of the library. */
#define SESSION_VERSION_MAJOR 0
/** The minor version of this header. */
#define SESSION_VERSION_MINOR 1
/** The patch version of this header. */
#define SESSION_VERSION_PATCH 0
/** The version of this header as one number, `1002003` for 1.2.3. */
#define SESSION_VERSION_NUMBER \
  (SESSION_VERSION_MAJOR * 1000000 + SESSION_VERSION_MINOR * 1000 + SESSION_VERSION_PATCH)
/** Whether this header is of that version or a later one; for `#if`. */
#define SESSION_VERSION_AT_LEAST(major, minor, patch) \
  (SESSION_VERSION_NUMBER >= (major) * 1000000 + (minor) * 1000 + (patch))

/* May be defined before this header is included. */
#ifndef SESSION_API
#if defined(__GNUC__) && __GNUC__ >= 4
#define SESSION_API __attribute__((visibility("default")))
#else
#define SESSION_API
#endif
#endif

/** An empty session_transport_t, with the size that the caller knows. */
#define SESSION_TRANSPORT_INIT { sizeof(session_transport_t), NULL, NULL, NULL }
/** An empty session_provider_t, with the size that the caller knows. */
#define SESSION_PROVIDER_INIT { sizeof(session_provider_t), NULL, NULL, NULL }
/** An empty session_body_t of unknown length, with the size that the caller knows. */
#define SESSION_BODY_INIT { sizeof(session_body_t), -1, NULL, NULL, NULL, NULL }

/**
 * What a fallible function returns. The numbers are part of the ABI: in groups, with room, never reused.
 */
typedef enum session_status_t {
  /**
   * It worked.
   */
  SESSION_OK = 0,
  /**
   * An argument is NULL, out of range or no valid text.
   */
  SESSION_ERR_INVALID_ARGUMENT = 1,
  /**
   * The object can't do this now: a request was sent already, a response was read in part.
   */
  SESSION_ERR_INVALID_STATE = 2,
  /**
   * This build or version lacks what is asked for.
   */
  SESSION_ERR_UNSUPPORTED = 3,
  /**
   * A setting has no valid value, or settings contradict each other.
   */
  SESSION_ERR_CONFIG = 20,
  /**
   * A file is no configuration file.
   */
  SESSION_ERR_CONFIG_FILE = 21,
  /**
   * The profile that was asked for exists in no file.
   */
  SESSION_ERR_PROFILE_NOT_FOUND = 22,
  /**
   * No credentials could be had.
   */
  SESSION_ERR_CREDENTIALS = 40,
  /**
   * A request could not be sent, or its reply not be read.
   */
  SESSION_ERR_TRANSPORT = 60,
  /**
   * A deadline has passed.
   */
  SESSION_ERR_TIMEOUT = 61,
  /**
   * The caller cancelled.
   */
  SESSION_ERR_CANCELED = 62,
  /**
   * The service refused.
   */
  SESSION_ERR_SERVICE = 80,
  /**
   * A reply could not be understood.
   */
  SESSION_ERR_SERIALIZATION = 81,
  /**
   * A handler or another callback failed the request.
   */
  SESSION_ERR_HANDLER = 82,
  /**
   * A fault of the library. The object may only be freed.
   */
  SESSION_ERR_INTERNAL = 99,
} session_status_t;

/**
 * What a request is for, so that a transport can treat calls for credentials apart: no proxy for IMDS, say.
 */
typedef enum session_purpose_t {
  /**
   * A call of a service client.
   */
  SESSION_PURPOSE_SERVICE = 0,
  /**
   * Credentials from STS.
   */
  SESSION_PURPOSE_STS = 1,
  /**
   * Credentials from the SSO portal.
   */
  SESSION_PURPOSE_SSO = 2,
  /**
   * A token from SSO's OIDC.
   */
  SESSION_PURPOSE_OIDC = 3,
  /**
   * A token from the sign-in service (`aws login`).
   */
  SESSION_PURPOSE_SIGNIN = 4,
  /**
   * The EC2 instance metadata service.
   */
  SESSION_PURPOSE_IMDS = 5,
  /**
   * The credentials endpoint of a container.
   */
  SESSION_PURPOSE_CONTAINER = 6,
} session_purpose_t;

/**
 * A list of handlers, by the moment in the life of a request at which it runs.
 *
 * They run as VALIDATE, BUILD; then for each attempt SIGN, SEND, UNMARSHAL_META, VALIDATE_RESPONSE, UNMARSHAL or
 * UNMARSHAL_ERROR, COMPLETE_ATTEMPT, and after a failed one RETRY and AFTER_RETRY; at the end COMPLETE. An attempt that
 * fails in SEND goes on to COMPLETE_ATTEMPT. The first error ends VALIDATE, BUILD, SIGN and SEND, and nothing is
 * sent; the other lists run to their end.
 */
typedef enum session_stage_t {
  /**
   * Checks a request before anything is built. Once.
   */
  SESSION_STAGE_VALIDATE = 0,
  /**
   * Fills in path, headers and body. Once.
   */
  SESSION_STAGE_BUILD = 1,
  /**
   * Builds the body of event streams. Not run: no operation has any yet.
   */
  SESSION_STAGE_BUILD_STREAM = 2,
  /**
   * Signs. Every attempt, and anew where it is five minutes old when it is to be sent.
   */
  SESSION_STAGE_SIGN = 3,
  /**
   * Sends. Every attempt.
   */
  SESSION_STAGE_SEND = 4,
  /**
   * Decides whether a reply is an error.
   */
  SESSION_STAGE_VALIDATE_RESPONSE = 5,
  /**
   * Reads a good reply.
   */
  SESSION_STAGE_UNMARSHAL = 6,
  /**
   * Reads event streams. Not run, like BUILD_STREAM.
   */
  SESSION_STAGE_UNMARSHAL_STREAM = 7,
  /**
   * Reads what any reply has: the request id.
   */
  SESSION_STAGE_UNMARSHAL_META = 8,
  /**
   * Reads an error reply.
   */
  SESSION_STAGE_UNMARSHAL_ERROR = 9,
  /**
   * Decides whether a failed attempt is worth another.
   */
  SESSION_STAGE_RETRY = 10,
  /**
   * Waits before the next attempt.
   */
  SESSION_STAGE_AFTER_RETRY = 11,
  /**
   * Ends an attempt, good or bad.
   */
  SESSION_STAGE_COMPLETE_ATTEMPT = 12,
  /**
   * Ends a request, good or bad. Once.
   */
  SESSION_STAGE_COMPLETE = 13,
} session_stage_t;

/**
 * Whether the config file, and all keys of profiles, are read.
 */
typedef enum session_shared_config_state_t {
  /**
   * As the variable AWS_SDK_LOAD_CONFIG says.
   */
  SESSION_SHARED_CONFIG_FROM_ENVIRONMENT = 0,
  /**
   * No: keys of the credentials file alone.
   */
  SESSION_SHARED_CONFIG_DISABLE = 1,
  /**
   * Yes.
   */
  SESSION_SHARED_CONFIG_ENABLE = 2,
} session_shared_config_state_t;

/**
 * How session_explain() writes.
 */
typedef enum session_explain_format_t {
  /**
   * A table for people. Its layout may change.
   */
  SESSION_EXPLAIN_TEXT = 0,
  /**
   * JSON for programs. Members are only ever added.
   */
  SESSION_EXPLAIN_JSON = 1,
} session_explain_format_t;

/**
 * How a body is part of the signature.
 */
typedef enum session_payload_signing_t {
  /**
   * By its hash where it can be read twice; else in chunks, where the service is S3.
   */
  SESSION_PAYLOAD_SIGNING_AUTO = 0,
  /**
   * By its hash: a stream is read once for it, and once more to be sent.
   */
  SESSION_PAYLOAD_SIGNING_HASH = 1,
  /**
   * Not at all (`UNSIGNED-PAYLOAD`).
   */
  SESSION_PAYLOAD_SIGNING_UNSIGNED = 2,
  /**
   * Not at all, but with a checksum behind it (`aws-chunked`); S3 alone takes it.
   */
  SESSION_PAYLOAD_SIGNING_CHUNKED = 3,
} session_payload_signing_t;

/**
 * A switch by which one thread ends what others wait for, and a deadline. Synchronised inside.
 *
 * It ends the call that it is given to, not what others wait for, too. Once it is thrown, it stays so: make a new one.
 */
typedef struct session_cancel_t session_cancel_t;

/**
 * A client of one service: where it is, how requests are signed, and the handlers they run through.
 */
typedef struct session_client_t session_client_t;

/**
 * Settings, each of which may be set or not.
 *
 * A bad value is remembered until a good one replaces it or the field is unset; what consumes the configuration fails
 * with it. So a program may set all it wants and check once.
 */
typedef struct session_config_t session_config_t;

/**
 * Where credentials come from, shared by whatever was made from the same session. Synchronised inside.
 *
 * Values are kept while they are valid. New ones are asked for five minutes before they expire, or when a quarter of
 * their lifetime is left if that is less: one thread asks, and the others go on with what is held. All wait when nothing
 * is held, or what is held has less than a minute left.
 */
typedef struct session_credentials_t session_credentials_t;

/**
 * Keys, token and expiry that belong together. Never changes; the secrets are overwritten when the last handle is freed.
 */
typedef struct session_credentials_value_t session_credentials_value_t;

/**
 * What went wrong: status, code, message and causes. Never changes.
 */
typedef struct session_error_t session_error_t;

/**
 * A handle on fourteen lists of handlers: a session's, a client's, a request's, or lists of their own.
 */
typedef struct session_handlers_t session_handlers_t;

/**
 * Where a transport puts the reply. Borrowed: valid in the callback, on its thread.
 *
 * What it does not take, because it is no HTTP, fails the send with that as its cause.
 */
typedef struct session_http_reply_t session_http_reply_t;

/**
 * A signed request, to be sent as it is. Borrowed: valid in the callback, on its thread.
 */
typedef struct session_http_request_t session_http_request_t;

/**
 * What session_new_with_options() is told.
 *
 * A bad value is remembered until a good one replaces it; the load fails with it.
 */
typedef struct session_options_t session_options_t;

/**
 * Where a provider puts what it has got. Borrowed: valid in the callback, on its thread.
 *
 * What it does not take fails the retrieval.
 */
typedef struct session_provider_reply_t session_provider_reply_t;

/**
 * One call of an operation of a service.
 */
typedef struct session_request_t session_request_t;

/**
 * The reply of a service.
 */
typedef struct session_response_t session_response_t;

/**
 * What a signature adds to a request, or a presigned URL. Never changes.
 */
typedef struct session_signed_t session_signed_t;

/**
 * Who signs, for what and how: AWS Signature Version 4 without a client.
 *
 * A bad value is remembered until a good one replaces it; session_sign() and session_presign() fail with it. So a
 * program may set all it wants and check once. It can sign any number of requests.
 */
typedef struct session_signing_t session_signing_t;

/**
 * Configuration, credentials and handlers, loaded once and inherited by every client made from it.
 */
typedef struct session_t session_t;

/**
 * A question for an MFA code, and the answer. Borrowed: valid in the callback.
 */
typedef struct session_token_request_t session_token_request_t;

/**
 * Waits between two tries of a request.
 *
 * @param nanoseconds  how long
 * @param user_data    the pointer given when it was set
 *
 * Runs on the thread that sends, possibly on several at once.
 */
typedef void (*session_sleep_fn)(uint64_t nanoseconds, void *user_data);

/**
 * Frees the data of a callback.
 *
 * @param user_data  what was given with the callback
 *
 * Called exactly once, on whichever thread lets go of the data last. Must not unwind or longjmp.
 */
typedef void (*session_free_fn)(void *user_data);

/**
 * Tells the time.
 *
 * @param user_data  the pointer given when it was set
 * @return Unix time in nanoseconds
 *
 * Runs on any thread, possibly on several at once.
 */
typedef int64_t (*session_clock_fn)(void *user_data);

/**
 * Takes a line for the log.
 *
 * @param level      Go's number: 0x1000 a request or reply, 0x1001 what is signed, 0x1002 a body, 0x1004 a retry, 0x1008 a
 *                   failure, 0x1020 what should not be relied on
 * @param line       borrowed: valid in the call, without a line feed at its end
 * @param user_data  the pointer given when it was set
 *
 * Runs on any thread, possibly on several at once.
 */
typedef void (*session_log_fn)(int level, const char *line, void *user_data);

/**
 * Asks a person for an MFA code.
 *
 * @param request    borrowed: read what is asked for, and answer with session_token_request_set_code()
 * @param user_data  the pointer given with the callback
 * @return SESSION_OK with a code set; anything else declines
 *
 * Called once per refresh of the credentials, on the thread that refreshes them (a caller's, or the background one), never
 * under a lock.
 */
typedef enum session_status_t (*session_token_fn)(struct session_token_request_t *request,
                                                  void *user_data);

/**
 * Asked after each handler of a list whether to go on.
 *
 * @param index      of the handler, from 0
 * @param name       borrowed: of the handler; `"__anonymous"` if it was given none
 * @param request    borrowed: valid until the function returns
 * @param user_data  the pointer given when the function was set
 * @return whether the next handler runs
 */
typedef bool (*session_after_each_fn)(size_t index,
                                      const char *name,
                                      struct session_request_t *request,
                                      void *user_data);

/**
 * Called for each request that reaches the stage it was added to.
 *
 * @param request    borrowed: valid until the handler returns, on this thread only; not to be sent, presigned or freed
 * @param user_data  the pointer given when the handler was added
 *
 * Runs on the thread that makes the call, possibly on several at once, with no lock held: it may call any function, also
 * on the list it stands in. Must not unwind or longjmp. Fails the request by session_request_set_error().
 */
typedef void (*session_handler_fn)(struct session_request_t *request, void *user_data);

/**
 * Is told of new values whose keys differ from those before.
 *
 * @param value      borrowed: the new values; valid in the call
 * @param user_data  what was given with the callback
 *
 * Called on the thread that got the values, under no lock. Must not unwind or longjmp.
 */
typedef void (*session_credentials_changed_fn)(const struct session_credentials_value_t *value,
                                               void *user_data);

/**
 * Gives credentials from wherever the host has them.
 *
 * Begin with SESSION_PROVIDER_INIT, or set `size` to `sizeof(session_provider_t)` and the rest to 0.
 */
typedef struct session_provider_t {
  /**
   * The size of this table.
   */
  size_t size;
  /**
   * Gets credentials, and answers through session_provider_reply_*.
   *
   * It returns SESSION_OK with keys set; or says why not by session_provider_reply_set_error(), and returns another
   * status, which becomes that of the error. `reply` is valid in the call. Called once for all that wait, on the
   * thread of one of them and under no lock, when nothing is held that lasts. Must not unwind or longjmp.
   *
   * It must not wait for another thread that gets these very credentials, as that thread may wait for the answer: for
   * ever, unless it has a cancel that ends the waiting. session_credentials_try_get() never waits. On its own thread
   * a get of them gives what is held, or SESSION_ERR_INVALID_STATE.
   */
  enum session_status_t (*retrieve)(struct session_provider_reply_t *reply,
                                    void *user_data);
  /**
   * Given to each call.
   */
  void *user_data;
  /**
   * Frees `user_data`, exactly once; may be NULL.
   */
  session_free_fn free_user_data;
} session_provider_t;

/**
 * A body that the host gives piece by piece.
 *
 * Begin with SESSION_BODY_INIT, or set `size` to `sizeof(session_body_t)` and the rest to 0. Both callbacks run on the
 * thread that sends the request, and must not unwind or longjmp.
 */
typedef struct session_body_t {
  /**
   * The size of this table.
   */
  size_t size;
  /**
   * How many bytes there are; -1 if that is not known. A body that is shorter or longer fails the request: once all is
   * read, `read` is asked for more.
   */
  int64_t length;
  /**
   * Gives the next bytes: at most `capacity` into `buffer`, how many into `length`; 0 is the end. Anything but
   * SESSION_OK fails the request with that status, and it is not tried again.
   */
  enum session_status_t (*read)(void *user_data,
                                void *buffer,
                                size_t capacity,
                                size_t *length);
  /**
   * Starts again from the first byte, for another try or after the hash; NULL: the body can be read once only.
   */
  enum session_status_t (*rewind)(void *user_data);
  /**
   * Given to each call.
   */
  void *user_data;
  /**
   * Frees `user_data`, exactly once; may be NULL.
   */
  session_free_fn free_user_data;
} session_body_t;

/**
 * Told how far the bodies of a request and its reply have come.
 *
 * @param sent        bytes of the request's body that were sent
 * @param to_send     how many there are; UINT64_MAX if that is not known
 * @param received    bytes of the reply's body that were received
 * @param to_receive  how many there are; UINT64_MAX if that is not known
 * @param user_data   the pointer given when it was set
 *
 * Runs on the thread that sends or reads.
 */
typedef void (*session_progress_fn)(uint64_t sent,
                                    uint64_t to_send,
                                    uint64_t received,
                                    uint64_t to_receive,
                                    void *user_data);

/**
 * Takes the next bytes of a reply's body.
 *
 * @param data       borrowed: valid in the call
 * @param length     how many, at least 1
 * @param user_data  the pointer given with the callback
 * @return SESSION_OK; anything else ends the reading with that status
 */
typedef enum session_status_t (*session_write_fn)(const void *data,
                                                  size_t length,
                                                  void *user_data);

/**
 * Sends requests in place of the library: the host's own HTTP.
 *
 * Begin with SESSION_TRANSPORT_INIT, or set `size` to `sizeof(session_transport_t)` and the rest to 0. Everything is
 * sent by it then, the calls for credentials too, and the library looks up no name itself.
 */
typedef struct session_transport_t {
  /**
   * The size of this table.
   */
  size_t size;
  /**
   * Sends a request and waits for the reply.
   *
   * It sends exactly what session_http_request_* say, the target byte for byte and the headers in their order; it
   * follows no redirect and decodes nothing. It answers through session_http_reply_*, whatever the HTTP status, and
   * returns SESSION_OK; or says why not by session_http_reply_set_error(), and returns SESSION_ERR_TRANSPORT,
   * SESSION_ERR_TIMEOUT or SESSION_ERR_CANCELED. `request` and `reply` are valid in the call, on its thread alone.
   * Runs on the thread that makes the call, possibly on several at once. Must not unwind or longjmp.
   */
  enum session_status_t (*send)(struct session_http_request_t *request,
                                struct session_http_reply_t *reply,
                                void *user_data);
  /**
   * Given to each call.
   */
  void *user_data;
  /**
   * Frees `user_data`, exactly once; may be NULL.
   */
  session_free_fn free_user_data;
} session_transport_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/* ---- Status codes ------------------------------------------------------------ */

/** @defgroup status Status codes
 * @{ */

/**
 * The name of a status, for logs.
 *
 * @param status  a session_status_t
 * @return the name, `"SESSION_OK"`; `"SESSION_ERR_UNKNOWN"` for a number that is none. Static: do not free.
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
const char *session_status_name(int status);

/** @} */

/* ---- What this library is ---------------------------------------------------- */

/** @defgroup version What this library is
 * @{ */

/**
 * The version of the library that runs, which may differ from that of the header.
 *
 * @return `"0.1.0"`. Static: do not free.
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API const char *session_version(void);

/**
 * Whether this build can do something that not every build can.
 *
 * Every build exports the same functions; what it lacks fails with SESSION_ERR_UNSUPPORTED.
 *
 * @param name  borrowed: `"http"`, the built-in transport; `"sigv4a"`, signatures for many regions, which no build
 *              has yet
 * @return whether it can; false for NULL and unknown names
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
bool session_has_feature(const char *name);

/** @} */

/* ---- Text in and out --------------------------------------------------------- */

/** @defgroup strings Text in and out
 * @{ */

/**
 * Frees a text that the library gave by a `char **`; NULL is ignored.
 *
 * @param string  owned, nullable: given up
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API void session_string_free(char *string);

/** @} */

/* ---- Errors ------------------------------------------------------------------ */

/** @defgroup error Errors
 * @{ */

/**
 * The class of an error: what a program branches on.
 *
 * @param error  borrowed, nullable
 * @return the status that the function returned with it, a SESSION_ERR_ one; SESSION_OK for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_error_status(const struct session_error_t *error);

/**
 * The code of an error, by AWS or Go: `"AccessDenied"`, `"NoCredentialProviders"`.
 *
 * @param error  borrowed, nullable
 * @return borrowed from `error`; `""` if there is none
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API const char *session_error_code(const struct session_error_t *error);

/**
 * What happened, in a sentence.
 *
 * @param error  borrowed, nullable
 * @return borrowed from `error`; `""` for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API const char *session_error_message(const struct session_error_t *error);

/**
 * Code, message, place and all causes, for people.
 *
 * @param error  borrowed, nullable
 * @return borrowed from `error`; `""` for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API const char *session_error_text(const struct session_error_t *error);

/**
 * How many causes an error has.
 *
 * @param error  borrowed, nullable
 * @return the number; 0 for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API size_t session_error_cause_count(const struct session_error_t *error);

/**
 * A cause of an error, itself an error.
 *
 * @param error  borrowed, nullable
 * @param index  from 0
 * @return borrowed from `error`: do not free; NULL if there is no such cause
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
const struct session_error_t *session_error_cause(const struct session_error_t *error,
                                                  size_t index);

/**
 * The HTTP status of the reply that an error was made from.
 *
 * @param error  borrowed, nullable
 * @return the status; 0 if there was no reply
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API int session_error_http_status(const struct session_error_t *error);

/**
 * The id that the service gave the failed request.
 *
 * @param error  borrowed, nullable
 * @return borrowed from `error`; `""` if there is none
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API const char *session_error_request_id(const struct session_error_t *error);

/**
 * S3's second id of the failed request, which its support asks for.
 *
 * @param error  borrowed, nullable
 * @return borrowed from `error`; `""` if there is none
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API const char *session_error_host_id(const struct session_error_t *error);

/**
 * The file in which the fault of a configuration is.
 *
 * @param error  borrowed, nullable
 * @return borrowed from `error`; `""` if it is in no file
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API const char *session_error_path(const struct session_error_t *error);

/**
 * The line in that file.
 *
 * @param error  borrowed, nullable
 * @return the line, from 1; 0 if not known
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API uint32_t session_error_line(const struct session_error_t *error);

/**
 * The column in that line.
 *
 * @param error  borrowed, nullable
 * @return the column in bytes, from 1; 0 if not known
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API uint32_t session_error_column(const struct session_error_t *error);

/**
 * Whether the same request may succeed when it is made again.
 *
 * @param error  borrowed, nullable
 * @return whether it may; false for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API bool session_error_is_retryable(const struct session_error_t *error);

/**
 * Frees an error; NULL is ignored.
 *
 * @param error  owned, nullable: given up. A cause is its error's and is not freed.
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API void session_error_free(struct session_error_t *error);

/** @} */

/* ---- Configuration ----------------------------------------------------------- */

/** @defgroup config Configuration
 * @{ */

/**
 * Makes a configuration in which nothing is set.
 *
 * @return owned: free it with session_config_free(); NULL only when memory is gone
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API struct session_config_t *session_config_new(void);

/**
 * Copies a configuration, with what is wrong with it.
 *
 * @param config  borrowed, nullable
 * @return owned: free it with session_config_free(); NULL for NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
struct session_config_t *session_config_copy(const struct session_config_t *config);

/**
 * Frees a configuration; NULL is ignored. Sessions made from it keep what they took.
 *
 * @param config  owned, nullable: given up
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API void session_config_free(struct session_config_t *config);

/**
 * Sets a field by name.
 *
 * @param config  borrowed
 * @param name    borrowed: one of the names that session_config_name() lists
 * @param value   borrowed: the value as text; numbers in digits, switches as `true` or `false`
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if name or value is not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set(struct session_config_t *config,
                                         const char *name,
                                         const char *value);

/**
 * Forgets the value of a field, and what was wrong with it.
 *
 * @param config  borrowed
 * @param name    borrowed: the field; or `credentials`, `transport`, `sleep`, `clock`, `logger`
 * @return SESSION_OK, also if it was not set; SESSION_ERR_INVALID_ARGUMENT if there is no such field
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_unset(struct session_config_t *config,
                                           const char *name);

/**
 * The value of a field.
 *
 * @param config  borrowed, nullable
 * @param name    borrowed, nullable: the field
 * @return borrowed from `config` until it changes; NULL if the field is not set or there is none of that name
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
const char *session_config_get(const struct session_config_t *config,
                               const char *name);

/**
 * How many fields there are, set or not.
 *
 * @param config  borrowed, nullable
 * @return the number; 0 for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API size_t session_config_count(const struct session_config_t *config);

/**
 * The name of a field.
 *
 * @param config  borrowed, nullable
 * @param index   from 0, below session_config_count()
 * @return static: do not free; NULL if there is no such field
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
const char *session_config_name(const struct session_config_t *config,
                                size_t index);

/**
 * Takes over what another configuration sets, and what is wrong with it.
 *
 * @param config     borrowed
 * @param overrides  borrowed, nullable: what it sets replaces what `config` has
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `config` is NULL
 * @thread The configurations'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_merge(struct session_config_t *config,
                                           const struct session_config_t *overrides);

/**
 * Sets where credentials come from; nothing else is looked for then.
 *
 * @param config       borrowed
 * @param credentials  borrowed: shared from now on
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_credentials(struct session_config_t *config,
                                                     const struct session_credentials_t *credentials);

/**
 * Sets what waits between two tries of a request, instead of a sleep.
 *
 * @param config          borrowed
 * @param sleep           the callback
 * @param user_data       nullable: given to each call; the library's from now on
 * @param free_user_data  nullable: frees `user_data`, exactly once, also if this call fails
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `config` or `sleep` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_sleep(struct session_config_t *config,
                                               session_sleep_fn sleep,
                                               void *user_data,
                                               session_free_fn free_user_data);

/**
 * Sets what tells the time, instead of the system's clock. For tests. The credentials that a session finds go by the clock
 * that its load was given; those of a provider of the program by that of the request, or else the system's.
 *
 * @param config          borrowed
 * @param clock           the callback
 * @param user_data       nullable: given to each call; the library's from now on
 * @param free_user_data  nullable: frees `user_data`, exactly once, also if this call fails
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `config` or `clock` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_clock(struct session_config_t *config,
                                               session_clock_fn clock,
                                               void *user_data,
                                               session_free_fn free_user_data);

/**
 * Sets who is told what happens. Without one the library is silent.
 *
 * @param config          borrowed
 * @param log             the callback
 * @param user_data       nullable: given to each call; the library's from now on
 * @param free_user_data  nullable: frees `user_data`, exactly once, also if this call fails
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `config` or `log` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_logger(struct session_config_t *config,
                                                session_log_fn log,
                                                void *user_data,
                                                session_free_fn free_user_data);

/** @} */

/* ---- A setter for each field of the configuration, sugar on `session_config_set`  */

/** @defgroup config_fields A setter for each field of the configuration, sugar on `session_config_set`
 * @{ */

/**
 * Sets `region`: the region that clients work in.
 *
 * @param config  borrowed
 * @param value   borrowed: the text
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_region(struct session_config_t *config,
                                                const char *value);

/**
 * Sets `endpoint`: the endpoint of service clients, instead of the resolved one; never used for credentials.
 *
 * @param config  borrowed
 * @param value   borrowed: the text
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_endpoint(struct session_config_t *config,
                                                  const char *value);

/**
 * Sets `endpoint_url`: the endpoint of all services, those that give credentials too, unless one is named for the service.
 *
 * @param config  borrowed
 * @param value   borrowed: the text
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_endpoint_url(struct session_config_t *config,
                                                      const char *value);

/**
 * Sets `ignore_configured_endpoint_urls`: neither `endpoint_url` nor the endpoints that environment and files name for
 * services count.
 *
 * @param config  borrowed
 * @param value   whether
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `config` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_ignore_configured_endpoint_urls(struct session_config_t *config,
                                                                         bool value);

/**
 * Sets `auth_scheme_preference`: which schemes of authentication come first, where a service takes more than one. One that
 * the service does not take is passed over.
 *
 * Of a service of which AWS has a model, that says what it takes; any other is taken to take both. Where the program
 * prefers nothing, a token goes with the requests of a service that takes one if AWS_BEARER_TOKEN_ and its signing name is
 * set, whatever environment and files prefer.
 *
 * @param config  borrowed
 * @param value   borrowed: `sigv4` and `httpBearerAuth`, with a comma between; other words are passed over
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_auth_scheme_preference(struct session_config_t *config,
                                                                const char *value);

/**
 * Sets `sdk_ua_app_id`: what the program calls itself, told to services as `app/NAME` in `User-Agent`.
 *
 * AWS asks for at most 50 letters, digits or other characters of an HTTP token; each other one is sent as `-`. Others can
 * say it in AWS_SDK_UA_APP_ID and in the profile.
 *
 * @param config  borrowed
 * @param value   borrowed: the name; empty: none
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_sdk_ua_app_id(struct session_config_t *config,
                                                       const char *value);

/**
 * Sets `disable_ssl`: plain HTTP instead of HTTPS.
 *
 * @param config  borrowed
 * @param value   whether
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_disable_ssl(struct session_config_t *config,
                                                     bool value);

/**
 * Sets `use_fips_endpoint`: FIPS endpoints.
 *
 * @param config  borrowed
 * @param value   whether
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_use_fips_endpoint(struct session_config_t *config,
                                                           bool value);

/**
 * Sets `use_dual_stack_endpoint`: dual-stack (IPv4 and IPv6) endpoints.
 *
 * @param config  borrowed
 * @param value   whether
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_use_dual_stack_endpoint(struct session_config_t *config,
                                                                 bool value);

/**
 * Sets `use_dual_stack`: dual-stack endpoints of S3 alone, where `use_dual_stack_endpoint` is not set.
 *
 * @param config  borrowed
 * @param value   whether
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_use_dual_stack(struct session_config_t *config,
                                                        bool value);

/**
 * Sets `sts_regional_endpoint`: whether STS is asked in the region or at its global endpoint.
 *
 * @param config  borrowed
 * @param value   borrowed: `legacy` or `regional`
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_sts_regional_endpoint(struct session_config_t *config,
                                                               const char *value);

/**
 * Sets `s3_us_east_1_regional_endpoint`: whether S3 in us-east-1 is asked at its regional or at its global endpoint.
 *
 * @param config  borrowed
 * @param value   borrowed: `legacy` or `regional`
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_s3_us_east_1_regional_endpoint(struct session_config_t *config,
                                                                        const char *value);

/**
 * Sets `s3_force_path_style`: the bucket in the path, never in the host name.
 *
 * @param config  borrowed
 * @param value   whether
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_s3_force_path_style(struct session_config_t *config,
                                                             bool value);

/**
 * Sets `s3_use_accelerate`: S3's accelerate endpoints.
 *
 * @param config  borrowed
 * @param value   whether
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_s3_use_accelerate(struct session_config_t *config,
                                                           bool value);

/**
 * Sets `s3_use_arn_region`: the region of a bucket's ARN instead of the client's.
 *
 * @param config  borrowed
 * @param value   whether
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_s3_use_arn_region(struct session_config_t *config,
                                                           bool value);

/**
 * Sets `s3_disable_100_continue`: no `Expect: 100-continue` before large uploads.
 *
 * @param config  borrowed
 * @param value   whether
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_s3_disable_100_continue(struct session_config_t *config,
                                                                 bool value);

/**
 * Sets `disable_param_validation`: no check of a request's params before it is sent.
 *
 * @param config  borrowed
 * @param value   whether
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_disable_param_validation(struct session_config_t *config,
                                                                  bool value);

/**
 * Sets `disable_compute_checksums`: no `Content-MD5` where S3 wants one.
 *
 * @param config  borrowed
 * @param value   whether
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_disable_compute_checksums(struct session_config_t *config,
                                                                   bool value);

/**
 * Sets `disable_rest_protocol_uri_cleaning`: paths of REST services as they are: no `//` and dot segments removed.
 *
 * @param config  borrowed
 * @param value   whether
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_disable_rest_protocol_uri_cleaning(struct session_config_t *config,
                                                                            bool value);

/**
 * Sets `enable_endpoint_discovery`: read and kept: endpoint discovery is part of service models.
 *
 * @param config  borrowed
 * @param value   whether
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_enable_endpoint_discovery(struct session_config_t *config,
                                                                   bool value);

/**
 * Sets `max_retries`: how many times a request is tried again.
 *
 * @param config  borrowed
 * @param value   from 0 to 1000
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL or the number out of range
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_max_retries(struct session_config_t *config,
                                                     uint32_t value);

/**
 * Sets `max_attempts`: how many times a request is tried, the first included.
 *
 * @param config  borrowed
 * @param value   from 1 to 1001
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL or the number out of range
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_max_attempts(struct session_config_t *config,
                                                      uint32_t value);

/**
 * Sets `retry_mode`: how tries follow each other. `adaptive` acts as `standard` so far.
 *
 * With `legacy` a server that says `Retry-After` is waited for as long as it says, without a bound, as in Go: give a
 * session_cancel_t with a deadline to requests to a server that is not trusted. `standard` adds five seconds at most.
 *
 * @param config  borrowed
 * @param value   borrowed: `legacy`, `standard` or `adaptive`
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_retry_mode(struct session_config_t *config,
                                                    const char *value);

/**
 * Sets `log_level`: what the logger is told.
 *
 * @param config  borrowed
 * @param value   borrowed: `off`; or, separated by commas, `debug` (requests and replies), `signing`, `body`, `retries`,
 *                `errors`, `deprecated`; each but `off` includes `debug`. With `unredacted` secrets are shown
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_log_level(struct session_config_t *config,
                                                   const char *value);

/**
 * Sets `ca_bundle`: PEM certificates of the authorities to trust, instead of the system's.
 *
 * @param config  borrowed
 * @param value   borrowed: the path of a file
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_ca_bundle(struct session_config_t *config,
                                                   const char *value);

/**
 * Sets `client_tls_cert`: PEM certificate (chain) that identifies this program to servers.
 *
 * @param config  borrowed
 * @param value   borrowed: the path of a file
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_client_tls_cert(struct session_config_t *config,
                                                         const char *value);

/**
 * Sets `client_tls_key`: PEM key of that certificate.
 *
 * @param config  borrowed
 * @param value   borrowed: the path of a file
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_client_tls_key(struct session_config_t *config,
                                                        const char *value);

/**
 * Sets `ec2_metadata_service_endpoint`: where the EC2 instance metadata service is.
 *
 * @param config  borrowed
 * @param value   borrowed: the text
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_ec2_metadata_service_endpoint(struct session_config_t *config,
                                                                       const char *value);

/**
 * Sets `ec2_metadata_service_endpoint_mode`: which address family that service is asked on.
 *
 * @param config  borrowed
 * @param value   borrowed: `IPv4` or `IPv6`
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_ec2_metadata_service_endpoint_mode(struct session_config_t *config,
                                                                            const char *value);

/**
 * Sets `ec2_metadata_enable_fallback`: whether that service may be asked by version 1 where it has no version 2.
 *
 * @param config  borrowed
 * @param value   whether
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_ec2_metadata_enable_fallback(struct session_config_t *config,
                                                                      bool value);

/**
 * Sets `csm_enabled`: read and kept: client-side monitoring is not sent.
 *
 * @param config  borrowed
 * @param value   whether
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_csm_enabled(struct session_config_t *config,
                                                     bool value);

/**
 * Sets `csm_host`: read and kept, like `csm_enabled`.
 *
 * @param config  borrowed
 * @param value   borrowed: the text
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_csm_host(struct session_config_t *config,
                                                  const char *value);

/**
 * Sets `csm_port`: read and kept, like `csm_enabled`.
 *
 * @param config  borrowed
 * @param value   borrowed: the text
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_csm_port(struct session_config_t *config,
                                                  const char *value);

/**
 * Sets `csm_client_id`: read and kept, like `csm_enabled`.
 *
 * @param config  borrowed
 * @param value   borrowed: the text
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_csm_client_id(struct session_config_t *config,
                                                       const char *value);

/** @} */

/* ---- What a load is told ----------------------------------------------------- */

/** @defgroup options What a load is told
 * @{ */

/**
 * Makes options in which nothing is set.
 *
 * @return owned: free it with session_options_free(); NULL only when memory is gone
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API struct session_options_t *session_options_new(void);

/**
 * Frees options; NULL is ignored.
 *
 * @param options  owned, nullable: given up
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API void session_options_free(struct session_options_t *options);

/**
 * Names the profile, which also wins over keys in the environment then.
 *
 * @param options  borrowed
 * @param profile  borrowed: the name, without `profile ` before it; `""` leaves it to AWS_PROFILE
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_profile(struct session_options_t *options,
                                                  const char *profile);

/**
 * Says whether the config file, and all keys of profiles, are read.
 *
 * @param options  borrowed
 * @param state    a session_shared_config_state_t
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL or `state` none of them
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_shared_config_state(struct session_options_t *options,
                                                              int state);

/**
 * Sets the settings that win over all others.
 *
 * @param options  borrowed
 * @param config   borrowed, nullable: copied; NULL takes the settings away
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL
 * @thread The options' and the configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_config(struct session_options_t *options,
                                                 const struct session_config_t *config);

/**
 * Names the files to read instead of the usual ones; the later wins.
 *
 * @param options  borrowed
 * @param paths    borrowed: `count` paths; NULL with a count of 0 goes back to the usual files
 * @param count    how many; 0 with `paths` not NULL reads none
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_files(struct session_options_t *options,
                                                const char *const *paths,
                                                size_t count);

/**
 * Gives the session an environment of its own, instead of the process's.
 *
 * What is not in it is not set: neither AWS_PROFILE nor a proxy is taken from the process then. Without HOME, too, the
 * usual files are looked for in the home folder that the user database says.
 *
 * @param options           borrowed
 * @param name_value_pairs  borrowed: the pairs one behind the other, each either as two texts, name and value, or as
 *                          one text `NAME=value`; NULL with a count of 0 goes back to the process's environment
 * @param count             how many pairs
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_environment(struct session_options_t *options,
                                                      const char *const *name_value_pairs,
                                                      size_t count);

/**
 * Sets who is asked for MFA codes.
 *
 * @param options         borrowed
 * @param provider        nullable: the callback, session_stdin_token_provider() is one; NULL: nobody
 * @param user_data       nullable: given to each call; the library's from now on
 * @param free_user_data  nullable: frees `user_data`, exactly once, also if this call fails
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_token_provider(struct session_options_t *options,
                                                         session_token_fn provider,
                                                         void *user_data,
                                                         session_free_fn free_user_data);

/**
 * Says for how long roles are assumed, whatever the profile says.
 *
 * @param options  borrowed
 * @param seconds  from 900 to 43200; 0 leaves it to the profile
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL or `seconds` out of range
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_assume_role_duration_seconds(struct session_options_t *options,
                                                                       uint32_t seconds);

/**
 * Says how long a program that a profile names by `credential_process` may take.
 *
 * It is killed then, with all that it has started and that is still in its process group.
 *
 * @param options  borrowed
 * @param timeout  in milliseconds; 0: a minute
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_process_timeout_ms(struct session_options_t *options,
                                                             uint64_t timeout);

/**
 * Sets the handlers of the session instead of the built-in ones; they must be a complete set.
 *
 * @param options   borrowed
 * @param handlers  borrowed, nullable: copied; NULL or fourteen empty lists: the built-in ones
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_handlers(struct session_options_t *options,
                                                   const struct session_handlers_t *handlers);

/**
 * Sets the certificates of the authorities to trust, instead of the system's.
 *
 * @param options  borrowed
 * @param pem      borrowed, nullable: copied; NULL leaves it to the configuration
 * @param length   bytes of `pem`
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL, or `pem` is with a length
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_custom_ca_bundle(struct session_options_t *options,
                                                           const void *pem,
                                                           size_t length);

/**
 * Sets the certificate that identifies this program to servers; its key is needed too.
 *
 * @param options  borrowed
 * @param pem      borrowed, nullable: copied; NULL leaves it to the configuration
 * @param length   bytes of `pem`
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL, or `pem` is with a length
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_client_tls_cert(struct session_options_t *options,
                                                          const void *pem,
                                                          size_t length);

/**
 * Sets the key of the certificate that identifies this program to servers.
 *
 * @param options  borrowed
 * @param pem      borrowed, nullable: copied, and overwritten when it is no longer needed
 * @param length   bytes of `pem`
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL, or `pem` is with a length
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_client_tls_key(struct session_options_t *options,
                                                         const void *pem,
                                                         size_t length);

/**
 * Says where the EC2 instance metadata service is.
 *
 * @param options   borrowed
 * @param endpoint  borrowed, nullable: a URL; NULL leaves it to the environment and the profile
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_ec2_imds_endpoint(struct session_options_t *options,
                                                            const char *endpoint);

/**
 * Says which address family the EC2 instance metadata service is asked on.
 *
 * @param options  borrowed
 * @param mode     borrowed, nullable: `IPv4` or `IPv6`; NULL leaves it to the environment and the profile
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL or `mode` neither
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_ec2_imds_endpoint_mode(struct session_options_t *options,
                                                                 const char *mode);

/** @} */

/* ---- What a load is told of the roles of a profile --------------------------- */

/** @defgroup role_options What a load is told of the roles of a profile
 * @{ */

/**
 * Shares credentials of roles with the AWS CLI, in its cache `~/.aws/cli/cache`.
 *
 * Credentials that the CLI has cached for the same role, with the same parameters, are used while they last; new ones
 * are written there in its format, readable by the user alone. So a code for MFA is asked for once for both.
 *
 * @param options  borrowed
 * @param enabled  whether to; false at first
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_cli_cache(struct session_options_t *options,
                                                    bool enabled);

/**
 * Sets a policy for the role: what it does not allow, the credentials can't do, whatever the role may.
 *
 * Like the other options of this kind it holds for the last role of a chain, the one that the session works with.
 *
 * @param options  borrowed
 * @param policy   borrowed, nullable: a policy in JSON; NULL: none
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL or `policy` no JSON object
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_assume_role_policy(struct session_options_t *options,
                                                             const char *policy);

/**
 * Sets policies of IAM that limit the role, by their ARNs.
 *
 * @param options  borrowed
 * @param arns     borrowed: `count` texts; NULL with a count of 0: none
 * @param count    how many
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_assume_role_policy_arns(struct session_options_t *options,
                                                                  const char *const *arns,
                                                                  size_t count);

/**
 * Sets the tags of the role's session.
 *
 * @param options  borrowed
 * @param pairs    borrowed: `count` pairs of texts, key and value, one behind the other; NULL with a count of 0: none
 * @param count    how many pairs
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_assume_role_tags(struct session_options_t *options,
                                                           const char *const *pairs,
                                                           size_t count);

/**
 * Sets which of the tags go on to roles that are assumed from this one.
 *
 * @param options  borrowed
 * @param keys     borrowed: `count` keys of tags; NULL with a count of 0: none
 * @param count    how many
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_assume_role_transitive_tag_keys(struct session_options_t *options,
                                                                          const char *const *keys,
                                                                          size_t count);

/**
 * Says who is behind the role's session, which the log of the account then shows.
 *
 * @param options   borrowed
 * @param identity  borrowed, nullable: a name; NULL or `""`: nothing is said
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL
 * @thread The options'.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_options_set_assume_role_source_identity(struct session_options_t *options,
                                                                      const char *identity);

/** @} */

/* ---- MFA codes: how a session asks for them ---------------------------------- */

/** @defgroup token MFA codes: how a session asks for them
 * @{ */

/**
 * The serial number or ARN of the device that makes the code.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request`; `""` for NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
const char *session_token_request_serial(const struct session_token_request_t *request);

/**
 * The role that is to be assumed.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request`; `""` for NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
const char *session_token_request_role(const struct session_token_request_t *request);

/**
 * The profile that has the role.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request`; `""` for NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
const char *session_token_request_profile(const struct session_token_request_t *request);

/**
 * Answers a question with a code.
 *
 * @param request  borrowed
 * @param code     borrowed: the digits that the device shows; blanks around them are cut off
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL or the code empty
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_token_request_set_code(struct session_token_request_t *request,
                                                     const char *code);

/**
 * Asks for an MFA code on stderr and reads it from stdin. A token provider; Go's StdinTokenProvider.
 *
 * It reads one line from the descriptor itself, and nothing after it; what stdio has in its buffer already it does not see.
 *
 * @param request    borrowed
 * @param user_data  not used
 * @return SESSION_OK; SESSION_ERR_CREDENTIALS if stdin gives no code
 * @thread Any; it waits for a person.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_stdin_token_provider(struct session_token_request_t *request,
                                                   void *user_data);

/** @} */

/* ---- Sessions ---------------------------------------------------------------- */

/** @defgroup session Sessions
 * @{ */

/**
 * Loads a session from the environment and the files; Go's NewSession.
 *
 * Reads the AWS files, and those of TLS that are named (CA bundle, client certificate and key); opens no socket.
 *
 * @param config  borrowed, nullable: settings that win over all others
 * @param out     receives the session; free it with session_free(). Unchanged on failure.
 * @param error   nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_CONFIG, SESSION_ERR_CONFIG_FILE or SESSION_ERR_PROFILE_NOT_FOUND, naming the variable
 *         or file and line; SESSION_ERR_INVALID_ARGUMENT if `out` is NULL or `config` has a bad value
 * @thread Any; not while another thread changes the environment of the process.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_new(const struct session_config_t *config,
                                  struct session_t **out,
                                  struct session_error_t **error);

/**
 * Loads a session as the options say; Go's NewSessionWithOptions.
 *
 * @param options  borrowed, nullable: what the load is told
 * @param out      receives the session; free it with session_free(). Unchanged on failure.
 * @param error    nullable: receives details on failure; free with session_error_free()
 * @return as session_new(); SESSION_ERR_INVALID_ARGUMENT also if `options` has a bad value
 * @thread Any; not while another thread changes the environment of the process, unless the options have one.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_new_with_options(const struct session_options_t *options,
                                               struct session_t **out,
                                               struct session_error_t **error);

/**
 * Loads a session, or prints the error to stderr and aborts the program; Go's Must.
 *
 * @param options  borrowed, nullable: what the load is told
 * @return owned: free it with session_free(); never NULL
 * @thread As session_new_with_options().
 * @since 0.1.0
 */
SESSION_API struct session_t *session_must_new(const struct session_options_t *options);

/**
 * Loads a session in any case: what went wrong is the error of its first request. Go's deprecated New.
 *
 * @param config  borrowed, nullable: settings that win over all others
 * @return owned: free it with session_free(); NULL only when memory is gone
 * @thread As session_new().
 * @since 0.1.0
 */
SESSION_API
struct session_t *session_new_deferred(const struct session_config_t *config);

/**
 * Gives the session of the process, loaded when it is first asked for.
 *
 * A failed load is tried again next time.
 *
 * @param out    receives a handle of your own; free it with session_free(). Unchanged on failure.
 * @param error  nullable: receives details on failure; free with session_error_free()
 * @return as session_new()
 * @thread Any; a call that loads it not while another thread changes the environment of the process.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_default(struct session_t **out,
                                      struct session_error_t **error);

/**
 * Copies a session, overriding some of its settings.
 *
 * Later changes to either session do not affect the other; credentials and the handlers added so far are shared.
 * Nothing is read again.
 *
 * @param session    borrowed
 * @param overrides  borrowed, nullable: only the fields that were set replace those of `session`
 * @param out        receives the new session; free it with session_free(). Unchanged on failure.
 * @param error      nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `session` or `out` is NULL or `overrides` has a bad value
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_copy(const struct session_t *session,
                                   const struct session_config_t *overrides,
                                   struct session_t **out,
                                   struct session_error_t **error);

/**
 * Gives the resolved settings of a session, as they are now.
 *
 * What nobody set and has no default is not set. The credentials and callbacks that the program gave are in it too.
 *
 * @param session  borrowed
 * @param out      receives the configuration; free it with session_config_free(). Unchanged on failure.
 * @param error    nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `session` or `out` is NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_get_config(const struct session_t *session,
                                         struct session_config_t **out,
                                         struct session_error_t **error);

/**
 * Frees a session; NULL is ignored. Copies and clients made from it live on.
 *
 * @param session  owned, nullable: given up
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API void session_free(struct session_t *session);

/** @} */

/* ---- What a session is made of, and where each value came from --------------- */

/** @defgroup explain What a session is made of, and where each value came from
 * @{ */

/**
 * Where a value of a session came from.
 *
 * `"code"`, `"environment AWS_REGION"`, `"file /home/u/.aws/config:3 (profile dev)"`, `"default"`, or `"unset"` where
 * nobody set it. The text is one line.
 *
 * @param session  borrowed
 * @param name     borrowed: a field of the configuration, `"profile"`, `"credentials"` (what gives the first of the
 *                 chain), or a key about credentials as a profile spells it. `"aws_access_key_id"`,
 *                 `"aws_secret_access_key"`, `"aws_session_token"` and `"aws_account_id"` are those that the chain starts
 *                 with, wherever they come from; another key is where the profile, or else one that it builds on,
 *                 says it, used or not.
 * @param out      receives a text; free it with session_string_free(). Unchanged on failure.
 * @param error    nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL or the name not known
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_origin(const struct session_t *session,
                                     const char *name,
                                     char **out,
                                     struct session_error_t **error);

/**
 * All that a session is made of: profile, files, settings, variables and the chain of credentials, each with its origin.
 *
 * Reads what was loaded; opens no file and no socket. Secret keys, tokens, external ids, passwords in URLs and the
 * arguments of a `credential_process` are masked, and access key ids but for their last four characters.
 *
 * The JSON is one object:
 *
 * ```json
 * {"error": null,
 *  "profile": {"name": "dev", "origin": ORIGIN},
 *  "shared_config": {"enabled": true, "origin": ORIGIN},
 *  "files": [{"path": "/home/u/.aws/config", "state": "read" | "missing" | "unreadable" | "invalid"}],
 *  "settings": [{"name": "region", "value": "eu-west-1" | null, "origin": ORIGIN}],
 *  "environment": [{"name": "AWS_PROFILE", "value": "dev"}],
 *  "credentials": {"provider": "AssumeRoleProvider" | null,
 *                  "chain": [{"provider": "SharedConfigCredentials" | null, "profile": "base" | null, "origin": ORIGIN,
 *                             "values": [{"name": "aws_access_key_id", "value": "****WXYZ", "origin": ORIGIN}]}]}}
 * ```
 *
 * where ORIGIN is `{"kind": "code"}`, `{"kind": "environment", "variable": "AWS_REGION"}`,
 * `{"kind": "file", "path": "/home/u/.aws/config", "line": 3, "section": "profile dev"}`, `{"kind": "default"}` or
 * `{"kind": "unset"}`. All fields are listed, in a fixed order. A value that is null and has an origin is PEM text that
 * the program gave; a provider that is null is the program's own. The chain is in the order in which it is asked, and the
 * last of it gives the credentials. `error` is why a session of session_new_deferred() could not be loaded.
 *
 * @param session  borrowed
 * @param format   a session_explain_format_t
 * @param out      receives a text; free it with session_string_free(). Unchanged on failure.
 * @param error    nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `session` or `out` is NULL or `format` none
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_explain(const struct session_t *session,
                                      int format,
                                      char **out,
                                      struct session_error_t **error);

/** @} */

/* ---- Handlers ---------------------------------------------------------------- */

/** @defgroup handlers Handlers
 * @{ */

/**
 * Makes fourteen empty lists.
 *
 * @return owned: free it with session_handlers_free(); NULL only when memory is gone
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API struct session_handlers_t *session_handlers_new(void);

/**
 * Makes lists with the built-in handlers, as every session starts with.
 *
 * @return owned: free it with session_handlers_free(); NULL only when memory is gone
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API struct session_handlers_t *session_handlers_default(void);

/**
 * Gives a handle on the live lists of a session. Changes count for clients and copies made from then on.
 *
 * @param session  borrowed, nullable
 * @return owned: free it with session_handlers_free(); NULL for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
struct session_handlers_t *session_handlers(const struct session_t *session);

/**
 * Gives a handle on the live lists of a client. Changes count for requests made from then on.
 *
 * @param client  borrowed, nullable
 * @return owned: free it with session_handlers_free(); NULL for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
struct session_handlers_t *session_client_handlers(const struct session_client_t *client);

/**
 * Gives a handle on the live lists of a request. Changes count for the lists that have not begun to run.
 *
 * @param request  borrowed, nullable
 * @return owned: free it with session_handlers_free(); NULL for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
struct session_handlers_t *session_request_handlers(const struct session_request_t *request);

/**
 * Copies lists as they are now; the handlers in them are shared.
 *
 * @param handlers  borrowed, nullable
 * @return owned: free it with session_handlers_free(); NULL for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
struct session_handlers_t *session_handlers_copy(const struct session_handlers_t *handlers);

/**
 * Frees a handle on lists; NULL is ignored. Lists of a session, client or request stay.
 *
 * @param handlers  owned, nullable: given up
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API void session_handlers_free(struct session_handlers_t *handlers);

/**
 * Removes every handler of a name.
 *
 * @param handlers  borrowed, nullable
 * @param stage     a session_stage_t
 * @param name      borrowed, nullable: the name; `"__anonymous"` is that of all that were given none
 * @return how many there were; 0 for NULL and unknown stages
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
size_t session_handlers_remove(struct session_handlers_t *handlers,
                               int stage,
                               const char *name);

/**
 * Removes all handlers of a list; what is asked after each stays.
 *
 * @param handlers  borrowed, nullable
 * @param stage     a session_stage_t; an unknown one is ignored
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API void session_handlers_clear(struct session_handlers_t *handlers, int stage);

/**
 * How many handlers a list has.
 *
 * @param handlers  borrowed, nullable
 * @param stage     a session_stage_t
 * @return the number; 0 for NULL and unknown stages
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
size_t session_handlers_len(const struct session_handlers_t *handlers,
                            int stage);

/**
 * Whether all lists are empty.
 *
 * @param handlers  borrowed, nullable
 * @return whether; true for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API bool session_handlers_is_empty(const struct session_handlers_t *handlers);

/**
 * Sets what is asked after each handler of a list.
 *
 * @param handlers        borrowed
 * @param stage           a session_stage_t
 * @param after_each      nullable: false ends the run, session_stop_on_error() is one; NULL: nothing is asked
 * @param user_data       nullable: given to each call; the library's from now on
 * @param free_user_data  nullable: frees `user_data`, exactly once, also if this call fails
 * @param error           nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `handlers` is NULL or `stage` none
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_handlers_set_after_each(struct session_handlers_t *handlers,
                                                      int stage,
                                                      session_after_each_fn after_each,
                                                      void *user_data,
                                                      session_free_fn free_user_data,
                                                      struct session_error_t **error);

/**
 * Ends a list at the first error; the after-each function of VALIDATE and BUILD.
 *
 * @param index      not used
 * @param name       not used
 * @param request    borrowed, nullable
 * @param user_data  not used
 * @return whether the request has no error
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
bool session_stop_on_error(size_t index,
                           const char *name,
                           struct session_request_t *request,
                           void *user_data);

/**
 * Runs a list on a request, as the request itself would: for tests, and for hosts with their own send.
 *
 * @param handlers  borrowed: its list as it is now
 * @param stage     a session_stage_t
 * @param request   borrowed
 * @param error     nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; the status of the error that the request has afterwards; SESSION_ERR_INVALID_ARGUMENT if
 *         `handlers` or `request` is NULL or `stage` none
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_handlers_run(const struct session_handlers_t *handlers,
                                           int stage,
                                           struct session_request_t *request,
                                           struct session_error_t **error);

/** @} */

/* ---- Adding handlers --------------------------------------------------------- */

/** @defgroup handlers_add Adding handlers
 * @{ */

/**
 * Adds a handler before all others of a list.
 *
 * @param handlers        borrowed
 * @param stage           a session_stage_t
 * @param name            borrowed, nullable: by which to find it; several may have the same
 * @param handler         the callback
 * @param user_data       nullable: given to each call; the library's from now on
 * @param free_user_data  nullable: frees `user_data`, exactly once, when the last list or running request lets go of the
 *                        handler; also if this call fails
 * @param error           nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `handlers` or `handler` is NULL or `stage` none
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_handlers_push_front(struct session_handlers_t *handlers,
                                                  int stage,
                                                  const char *name,
                                                  session_handler_fn handler,
                                                  void *user_data,
                                                  session_free_fn free_user_data,
                                                  struct session_error_t **error);

/**
 * Adds a handler after all others of a list.
 *
 * @param handlers        borrowed
 * @param stage           a session_stage_t
 * @param name            borrowed, nullable: by which to find it; several may have the same
 * @param handler         the callback
 * @param user_data       nullable: given to each call; the library's from now on
 * @param free_user_data  nullable: frees `user_data`, exactly once, as session_handlers_push_front() says
 * @param error           nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `handlers` or `handler` is NULL or `stage` none
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_handlers_push_back(struct session_handlers_t *handlers,
                                                 int stage,
                                                 const char *name,
                                                 session_handler_fn handler,
                                                 void *user_data,
                                                 session_free_fn free_user_data,
                                                 struct session_error_t **error);

/**
 * Replaces every handler of a name, or adds this one before all others.
 *
 * @param handlers        borrowed
 * @param stage           a session_stage_t
 * @param name            borrowed: the name
 * @param handler         the callback
 * @param user_data       nullable: given to each call; the library's from now on
 * @param free_user_data  nullable: frees `user_data`, exactly once, as session_handlers_push_front() says
 * @param error           nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `handlers`, `name` or `handler` is NULL or `stage` none
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_handlers_set_front(struct session_handlers_t *handlers,
                                                 int stage,
                                                 const char *name,
                                                 session_handler_fn handler,
                                                 void *user_data,
                                                 session_free_fn free_user_data,
                                                 struct session_error_t **error);

/**
 * Replaces every handler of a name, or adds this one after all others.
 *
 * @param handlers        borrowed
 * @param stage           a session_stage_t
 * @param name            borrowed: the name
 * @param handler         the callback
 * @param user_data       nullable: given to each call; the library's from now on
 * @param free_user_data  nullable: frees `user_data`, exactly once, as session_handlers_push_front() says
 * @param error           nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `handlers`, `name` or `handler` is NULL or `stage` none
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_handlers_set_back(struct session_handlers_t *handlers,
                                                int stage,
                                                const char *name,
                                                session_handler_fn handler,
                                                void *user_data,
                                                session_free_fn free_user_data,
                                                struct session_error_t **error);

/**
 * Replaces every handler of a name, if there is one.
 *
 * @param handlers        borrowed
 * @param stage           a session_stage_t
 * @param name            borrowed: the name, which the new handler has too
 * @param handler         the callback
 * @param user_data       nullable: given to each call; the library's from now on
 * @param free_user_data  nullable: frees `user_data`, exactly once; at once if nothing was replaced
 * @param swapped         nullable: receives whether there was one. Unchanged on failure.
 * @param error           nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK, also if nothing was replaced; SESSION_ERR_INVALID_ARGUMENT if `handlers`, `name` or `handler` is
 *         NULL or `stage` none
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_handlers_swap(struct session_handlers_t *handlers,
                                            int stage,
                                            const char *name,
                                            session_handler_fn handler,
                                            void *user_data,
                                            session_free_fn free_user_data,
                                            bool *swapped,
                                            struct session_error_t **error);

/**
 * Adds a handler before all others of a session's list; sugar on session_handlers_push_front().
 *
 * @param session         borrowed
 * @param stage           a session_stage_t
 * @param name            borrowed, nullable: by which to find it; several may have the same
 * @param handler         the callback
 * @param user_data       nullable: given to each call; the library's from now on
 * @param free_user_data  nullable: frees `user_data`, exactly once, as session_handlers_push_front() says
 * @param error           nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `session` or `handler` is NULL or `stage` none
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_push_front(struct session_t *session,
                                         int stage,
                                         const char *name,
                                         session_handler_fn handler,
                                         void *user_data,
                                         session_free_fn free_user_data,
                                         struct session_error_t **error);

/**
 * Adds a handler after all others of a session's list; sugar on session_handlers_push_back().
 *
 * @param session         borrowed
 * @param stage           a session_stage_t
 * @param name            borrowed, nullable: by which to find it; several may have the same
 * @param handler         the callback
 * @param user_data       nullable: given to each call; the library's from now on
 * @param free_user_data  nullable: frees `user_data`, exactly once, as session_handlers_push_front() says
 * @param error           nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `session` or `handler` is NULL or `stage` none
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_push_back(struct session_t *session,
                                        int stage,
                                        const char *name,
                                        session_handler_fn handler,
                                        void *user_data,
                                        session_free_fn free_user_data,
                                        struct session_error_t **error);

/** @} */

/* ---- Credentials: a source that is shared, and asked when values are needed -- */

/** @defgroup credentials Credentials: a source that is shared, and asked when values are needed
 * @{ */

/**
 * The credentials of a session.
 *
 * @param session  borrowed, nullable
 * @return own handle: free it with session_credentials_free(); NULL for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
struct session_credentials_t *session_credentials(const struct session_t *session);

/**
 * Makes credentials of keys that never change.
 *
 * Empty keys are found at the first get, as in Go: it fails with the code EmptyStaticCreds.
 *
 * @param access_key_id      borrowed
 * @param secret_access_key  borrowed
 * @param session_token      borrowed, nullable: of temporary credentials
 * @param out                receives the credentials; free them with session_credentials_free(). Unchanged on failure.
 * @param error              nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a key or `out` is NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_credentials_new_static(const char *access_key_id,
                                                     const char *secret_access_key,
                                                     const char *session_token,
                                                     struct session_credentials_t **out,
                                                     struct session_error_t **error);

/**
 * Makes credentials with which requests go out unsigned.
 *
 * @return owned: free them with session_credentials_free(); NULL only when memory is gone
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
struct session_credentials_t *session_credentials_new_anonymous(void);

/**
 * Makes another handle on the same credentials, for another thread or owner.
 *
 * @param credentials  borrowed, nullable
 * @return own handle: free it with session_credentials_free(); NULL for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
struct session_credentials_t *session_credentials_copy(const struct session_credentials_t *credentials);

/**
 * Gets the values: those that are held if they last, else new ones.
 *
 * While another thread gets new ones, it may wait for that one, and so for the provider's callback, which must therefore
 * not wait for this call. A cancel that is thrown or has a deadline ends the call, and only this one: others that wait for
 * what it was getting get new ones themselves.
 *
 * @param credentials            borrowed
 * @param min_remaining_seconds  how long they must last at least, where their lifetime allows it; 0: still valid
 * @param cancel                 borrowed, nullable: ends the waiting, for another thread that gets them or for a service or
 *                               program that is asked. A callback of the program's is not interrupted, nor is the
 *                               refreshing of a login (`aws login`, `aws sso login`), whose token is good once
 * @param out                    receives the value; free it with session_credentials_value_free(). Unchanged on failure.
 * @param error                  nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_CREDENTIALS or what the provider failed with; SESSION_ERR_CANCELED and
 *         SESSION_ERR_TIMEOUT by `cancel`; SESSION_ERR_INVALID_ARGUMENT if `credentials` or `out` is NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_credentials_get(struct session_credentials_t *credentials,
                                              uint32_t min_remaining_seconds,
                                              struct session_cancel_t *cancel,
                                              struct session_credentials_value_t **out,
                                              struct session_error_t **error);

/**
 * Gets the values as session_credentials_get() does, into memory of the caller: for languages that would rather not free
 * handles. The caller overwrites it after use.
 *
 * The buffer receives five texts, each with its NUL, one after the other: access key id, secret access key, session
 * token, account id, provider. What is not known is empty.
 *
 * @param credentials            borrowed
 * @param min_remaining_seconds  as for session_credentials_get()
 * @param cancel                 borrowed, nullable: as for session_credentials_get()
 * @param buffer                 receives the texts; unchanged on failure; NULL if `capacity` is 0
 * @param capacity               its size in bytes
 * @param length                 nullable: receives the size of the texts, on failure too if the buffer is too small for them
 * @param expires_at             nullable: receives Unix seconds, or INT64_MAX for never. Unchanged on failure.
 * @param error                  nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if the buffer is too small or NULL, or `credentials` is NULL; otherwise
 *         as session_credentials_get()
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_credentials_get_copy(struct session_credentials_t *credentials,
                                                   uint32_t min_remaining_seconds,
                                                   struct session_cancel_t *cancel,
                                                   char *buffer,
                                                   size_t capacity,
                                                   size_t *length,
                                                   int64_t *expires_at,
                                                   struct session_error_t **error);

/**
 * Gets the values that are held, if they are valid. Never waits, and asks nobody; but it tells the background thread,
 * where session_background_refresh_start() has started that, when new ones are needed.
 *
 * @param credentials  borrowed
 * @param out          receives the value; free it with session_credentials_value_free(). Unchanged on failure.
 * @param error        nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_CREDENTIALS if none are held; SESSION_ERR_INVALID_ARGUMENT if `credentials` or `out`
 *         is NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_credentials_try_get(struct session_credentials_t *credentials,
                                                  struct session_credentials_value_t **out,
                                                  struct session_error_t **error);

/**
 * Gets new values now, whatever is held.
 *
 * @param credentials  borrowed
 * @param cancel       borrowed, nullable: as for session_credentials_get()
 * @param error        nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; otherwise as session_credentials_get()
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_credentials_refresh(struct session_credentials_t *credentials,
                                                  struct session_cancel_t *cancel,
                                                  struct session_error_t **error);

/**
 * Forgets the values that are held: the next get asks for new ones. Keys of a profile are then read from the file again,
 * also where a role is assumed with them.
 *
 * @param credentials  borrowed, nullable: NULL is ignored
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
void session_credentials_expire(struct session_credentials_t *credentials);

/**
 * Has a callback told whenever the keys change, for as long as the credentials live. The first values are no change.
 *
 * @param credentials     borrowed
 * @param changed         the callback
 * @param user_data       given to each call; the library's from now on, also if this call fails
 * @param free_user_data  nullable: frees `user_data`, exactly once
 * @param error           nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `credentials` or `changed` is NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_credentials_on_change(struct session_credentials_t *credentials,
                                                    session_credentials_changed_fn changed,
                                                    void *user_data,
                                                    session_free_fn free_user_data,
                                                    struct session_error_t **error);

/**
 * Frees a handle; NULL is ignored. The credentials live while anything has them.
 *
 * @param credentials  owned, nullable: given up
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API void session_credentials_free(struct session_credentials_t *credentials);

/** @} */

/* ---- What credentials give: keys, token and expiry --------------------------- */

/** @defgroup credentials_value What credentials give: keys, token and expiry
 * @{ */

/**
 * The access key id.
 *
 * @param value  borrowed, nullable
 * @return borrowed from `value`; `""` for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
const char *session_credentials_value_access_key_id(const struct session_credentials_value_t *value);

/**
 * The secret access key.
 *
 * @param value  borrowed, nullable
 * @return borrowed from `value`, overwritten when the last handle on it is freed; `""` for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
const char *session_credentials_value_secret_access_key(const struct session_credentials_value_t *value);

/**
 * The session token, of temporary credentials.
 *
 * @param value  borrowed, nullable
 * @return borrowed from `value`, overwritten when the last handle on it is freed; `""` if there is none
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
const char *session_credentials_value_session_token(const struct session_credentials_value_t *value);

/**
 * Who gave the values, by Go's name: `EnvConfigCredentials`, `StaticProvider`.
 *
 * @param value  borrowed, nullable
 * @return borrowed from `value`; `""` for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
const char *session_credentials_value_provider(const struct session_credentials_value_t *value);

/**
 * The account that the keys belong to.
 *
 * @param value  borrowed, nullable
 * @return borrowed from `value`; `""` if it is not known
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
const char *session_credentials_value_account_id(const struct session_credentials_value_t *value);

/**
 * When the values expire.
 *
 * @param value  borrowed, nullable
 * @return Unix seconds; INT64_MAX: never; 0 for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
int64_t session_credentials_value_expires_at(const struct session_credentials_value_t *value);

/**
 * Makes another handle on the same value.
 *
 * @param value  borrowed, nullable
 * @return own handle: free it with session_credentials_value_free(); NULL for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
struct session_credentials_value_t *session_credentials_value_copy(const struct session_credentials_value_t *value);

/**
 * Frees a handle on a value; NULL is ignored. The last one overwrites the secrets.
 *
 * @param value  owned, nullable: given up
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
void session_credentials_value_free(struct session_credentials_value_t *value);

/** @} */

/* ---- Refreshing in the background, on one thread for the whole process ------- */

/** @defgroup background Refreshing in the background, on one thread for the whole process
 * @{ */

/**
 * Starts a thread that refreshes credentials before they expire, so that no caller has to. Without it the library has no
 * thread.
 *
 * It looks after all credentials of the process that have given values which expire, or that
 * session_credentials_try_get() had to refuse, for as long as they live. Providers are called on it, and it takes no
 * signals. A child of fork() has none of its own until its credentials need one; then it is started there as well. Calls
 * while it runs change nothing.
 *
 * @param error  nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_STATE if the system gives no thread
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_background_refresh_start(struct session_error_t **error);

/**
 * Ends the thread, and waits for that; if it is asking a provider, until that answers. Called on the thread itself, by a
 * provider, it does not wait. Does nothing if there is none.
 *
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
void session_background_refresh_stop(void);

/** @} */

/* ---- The host's own credentials provider ------------------------------------- */

/** @defgroup provider The host's own credentials provider
 * @{ */

/**
 * Makes credentials that the host's own provider gives.
 *
 * The table is copied, up to what this version knows of it. Its `user_data` is the library's from now on, also if this
 * call fails, unless the table is too small to have one.
 *
 * @param provider  borrowed
 * @param out       receives the credentials; free them with session_credentials_free(). Unchanged on failure.
 * @param error     nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `provider`, its `retrieve` or `out` is NULL, or its `size` too small
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_credentials_new_provider(const struct session_provider_t *provider,
                                                       struct session_credentials_t **out,
                                                       struct session_error_t **error);

/**
 * Answers with keys.
 *
 * @param reply              borrowed
 * @param access_key_id      borrowed: copied
 * @param secret_access_key  borrowed: copied
 * @param session_token      borrowed, nullable: copied; of temporary credentials
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `reply` or a key is NULL; SESSION_ERR_CREDENTIALS if a key is empty
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_provider_reply_set_keys(struct session_provider_reply_t *reply,
                                                      const char *access_key_id,
                                                      const char *secret_access_key,
                                                      const char *session_token);

/**
 * Says when the keys expire. Without it they never do.
 *
 * @param reply       borrowed
 * @param expires_at  Unix seconds; INT64_MAX: never
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `reply` is NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_provider_reply_set_expires_at(struct session_provider_reply_t *reply,
                                                            int64_t expires_at);

/**
 * Says which account the keys belong to.
 *
 * @param reply       borrowed
 * @param account_id  borrowed: copied
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_provider_reply_set_account_id(struct session_provider_reply_t *reply,
                                                            const char *account_id);

/**
 * Says who gave the keys. Without it the name is `Provider`.
 *
 * @param reply  borrowed
 * @param name   borrowed: copied
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_provider_reply_set_provider_name(struct session_provider_reply_t *reply,
                                                               const char *name);

/**
 * Says why there are no credentials. The retrieval fails with it, whatever the callback returns.
 *
 * @param reply    borrowed
 * @param code     borrowed, nullable: a short name for programs; NULL: `ProviderError`
 * @param message  borrowed: for people
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `reply` or `message` is NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_provider_reply_set_error(struct session_provider_reply_t *reply,
                                                       const char *code,
                                                       const char *message);

/** @} */

/* ---- Bearer tokens ----------------------------------------------------------- */

/** @defgroup bearer Bearer tokens
 * @{ */

/**
 * Gets a bearer token for a service: from the environment, or of the SSO session that the profile names.
 *
 * The variable is AWS_BEARER_TOKEN_ and the signing name, in capitals and with `_` for `-`. A token of SSO is read from
 * the cache that `aws sso login` fills, and refreshed there when it is at its end. Send it over HTTPS alone.
 *
 * @param session       borrowed
 * @param signing_name  borrowed: the name that requests of the service are signed for: `bedrock`
 * @param token         receives the token; free it with session_string_free(). Unchanged on failure.
 * @param expires_at    nullable: receives when it expires, in Unix seconds; INT64_MAX where that is not known. Unchanged
 *                      on failure.
 * @param error         nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_CREDENTIALS if there is none; SESSION_ERR_INVALID_ARGUMENT if `session`, `signing_name`
 *         or `token` is NULL, or the name is none; otherwise what a refresh fails with, as session_credentials_get()
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_token_get(const struct session_t *session,
                                        const char *signing_name,
                                        char **token,
                                        int64_t *expires_at,
                                        struct session_error_t **error);

/** @} */

/* ---- Cancellation and deadlines ---------------------------------------------- */

/** @defgroup cancel Cancellation and deadlines
 * @{ */

/**
 * Makes a switch that is not thrown and has no deadline.
 *
 * @return owned: free it with session_cancel_free(); NULL only when memory is gone
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API struct session_cancel_t *session_cancel_new(void);

/**
 * Makes another handle on the same switch, for another thread or owner.
 *
 * @param cancel  borrowed, nullable
 * @return owned: free it with session_cancel_free(); NULL for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
struct session_cancel_t *session_cancel_copy(const struct session_cancel_t *cancel);

/**
 * Sets the deadline, counted from now; it replaces the one before.
 *
 * Calls that it ends fail with SESSION_ERR_TIMEOUT.
 *
 * @param cancel        borrowed, nullable: NULL is ignored
 * @param milliseconds  how long from now; 0: at once; UINT64_MAX: no deadline
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
void session_cancel_set_timeout_ms(struct session_cancel_t *cancel,
                                   uint64_t milliseconds);

/**
 * Cancels: calls that wait with this switch fail soon, with SESSION_ERR_CANCELED.
 *
 * @param cancel  borrowed, nullable: NULL is ignored
 * @thread Any. Not for signal handlers.
 * @since 0.1.0
 */
SESSION_API void session_cancel_now(struct session_cancel_t *cancel);

/**
 * Frees a handle; NULL is ignored. The switch lives while another handle or a call has it.
 *
 * @param cancel  owned, nullable: given up
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
void session_cancel_free(struct session_cancel_t *cancel);

/** @} */

/* ---- Clients ----------------------------------------------------------------- */

/** @defgroup client Clients
 * @{ */

/**
 * Makes a client of a service.
 *
 * It inherits the session's settings, credentials and handlers as they are now. A region or endpoint that is missing or
 * bad is the error of its requests.
 *
 * @param session    borrowed
 * @param service    borrowed: the id of the service's endpoints: `s3`, `sts`, `monitoring`
 * @param overrides  borrowed, nullable: settings of this client alone
 * @param out        receives the client; free it with session_client_free(). Unchanged on failure.
 * @param error      nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL, `service` no id or `overrides` has a bad value
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_client_new(const struct session_t *session,
                                         const char *service,
                                         const struct session_config_t *overrides,
                                         struct session_client_t **out,
                                         struct session_error_t **error);

/**
 * The service a client was made for.
 *
 * @param client  borrowed, nullable
 * @return borrowed from `client`; `""` for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API const char *session_client_service(const struct session_client_t *client);

/**
 * The endpoint of a client.
 *
 * @param client  borrowed, nullable
 * @return borrowed from `client`: a URL; `""` where there is none, which its requests explain
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
const char *session_client_endpoint(const struct session_client_t *client);

/**
 * The region a client works in.
 *
 * @param client  borrowed, nullable
 * @return borrowed from `client`; `""` if there is none
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API const char *session_client_region(const struct session_client_t *client);

/**
 * The region that a client signs for; of global services it is not the one it works in.
 *
 * @param client  borrowed, nullable
 * @return borrowed from `client`; `""` if there is none
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
const char *session_client_signing_region(const struct session_client_t *client);

/**
 * The name that a client signs for its service.
 *
 * @param client  borrowed, nullable
 * @return borrowed from `client`; `""` where there is no endpoint
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
const char *session_client_signing_name(const struct session_client_t *client);

/**
 * The partition that a client's endpoint is in: `aws`, `aws-cn`.
 *
 * @param client  borrowed, nullable
 * @return borrowed from `client`; `""` for an endpoint that the program named
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API const char *session_client_partition(const struct session_client_t *client);

/**
 * Frees a client; NULL is ignored. Requests made from it live on.
 *
 * @param client  owned, nullable: given up
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API void session_client_free(struct session_client_t *client);

/** @} */

/* ---- Requests ---------------------------------------------------------------- */

/** @defgroup request Requests
 * @{ */

/**
 * Makes a request of an operation.
 *
 * @param client     borrowed
 * @param operation  borrowed: the operation, `PutObject`
 * @param method     borrowed: the HTTP method, `PUT`
 * @param path       borrowed: as AWS models write it, `/{Bucket}/{Key+}?acl`; each `{Name}` is filled, percent-encoded,
 *                   from `params`, a `{Name+}` with its slashes
 * @param params     borrowed, nullable: a JSON object, which handlers see too. For services of the query protocol
 *                   (`sts`, `iam`) it is the form that is sent, unless a body is set. For those of the JSON protocol
 *                   (`dynamodb`) a POST without a `Content-Type` gets it as body, unless one is set, and `X-Amz-Target`.
 * @param out        receives the request; free it with session_request_free(). Unchanged on failure.
 * @param error      nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, naming what is NULL or not valid
 * @thread Any; the request belongs to one thread at a time.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_new(const struct session_client_t *client,
                                          const char *operation,
                                          const char *method,
                                          const char *path,
                                          const char *params,
                                          struct session_request_t **out,
                                          struct session_error_t **error);

/**
 * Frees a request; NULL is ignored. Its response lives on.
 *
 * @param request  owned, nullable: given up; not one that a handler was lent
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API void session_request_free(struct session_request_t *request);

/**
 * Sets a header, instead of those of its name.
 *
 * @param request  borrowed
 * @param name     borrowed: the name, in any case
 * @param value    borrowed: the value; blanks around it are cut off
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL, `name` is no header name or `value` has a control
 *         character
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_set_header(struct session_request_t *request,
                                                 const char *name,
                                                 const char *value);

/**
 * Removes all headers of a name.
 *
 * @param request  borrowed
 * @param name     borrowed: the name, in any case
 * @return SESSION_OK, also if there was none; SESSION_ERR_INVALID_ARGUMENT if either is NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_remove_header(struct session_request_t *request,
                                                    const char *name);

/**
 * Adds a name and value to the query, percent-encoded.
 *
 * @param request  borrowed
 * @param name     borrowed: the name
 * @param value    borrowed: the value; may be empty
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_add_query(struct session_request_t *request,
                                                const char *name,
                                                const char *value);

/**
 * Sets the body.
 *
 * @param request  borrowed
 * @param data     borrowed: copied; NULL is right for a length of 0 alone
 * @param length   in bytes
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `request` is NULL, or `data` is with a length
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_set_body(struct session_request_t *request,
                                               const void *data,
                                               size_t length);

/**
 * Changes where a request goes: scheme, host, path and query.
 *
 * In a handler of SIGN or SEND this is what is signed or sent; before BUILD, the path is still the template's.
 *
 * @param request  borrowed
 * @param url      borrowed: absolute, `https` or `http`
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL or `url` not valid
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_set_url(struct session_request_t *request,
                                              const char *url);

/**
 * Changes the HTTP method.
 *
 * @param request  borrowed
 * @param method   borrowed: the method
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL or `method` is none
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_set_method(struct session_request_t *request,
                                                 const char *method);

/**
 * Changes the region that a request is signed for.
 *
 * @param request  borrowed
 * @param region   borrowed: the region
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_set_signing_region(struct session_request_t *request,
                                                         const char *region);

/**
 * Changes the name that is signed for the service.
 *
 * @param request  borrowed
 * @param name     borrowed: the name
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_set_signing_name(struct session_request_t *request,
                                                       const char *name);

/**
 * Makes a request fail, or takes its error away.
 *
 * An error that a handler of VALIDATE, BUILD, SIGN or SEND sets ends the request before it is sent. One that is set later is
 * retried like a service's: by the HTTP status of the reply and its own code.
 *
 * @param request  borrowed, nullable: nothing happens for NULL
 * @param code     borrowed, nullable: the error's code; NULL takes the error away
 * @param message  borrowed, nullable: the error's message
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
void session_request_set_error(struct session_request_t *request,
                               const char *code,
                               const char *message);

/**
 * Decides whether a failed attempt is worth another.
 *
 * @param request    borrowed, nullable: nothing happens for NULL
 * @param retryable  1: yes; 0: no; anything else: undecided
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
void session_request_set_retryable(struct session_request_t *request,
                                   int retryable);

/**
 * Sends a request and waits for its reply. A request is sent once.
 *
 * A request to S3 goes to another region, signed anew, where S3 says that its bucket is there; its URL and signing region
 * tell so afterwards. A body by callbacks is rewound for that as for a retry.
 *
 * @param request  borrowed
 * @param out      receives the response; free it with session_response_free(). Unchanged on failure.
 * @param error    nullable: receives details on failure, those of the service too; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_SERVICE if the service refused; SESSION_ERR_TRANSPORT, SESSION_ERR_TIMEOUT,
 *         SESSION_ERR_CANCELED, SESSION_ERR_CREDENTIALS, SESSION_ERR_CONFIG, SESSION_ERR_SERIALIZATION,
 *         SESSION_ERR_HANDLER as the case may be; SESSION_ERR_CONFIG_FILE or SESSION_ERR_PROFILE_NOT_FOUND where keys are
 *         read again from a file, or session_new_deferred() could not read it;
 *         SESSION_ERR_UNSUPPORTED where this build lacks the transport or the provider of the credentials;
 *         SESSION_ERR_INVALID_STATE if it was sent already; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL or a param of
 *         the path is missing
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_send(struct session_request_t *request,
                                           struct session_response_t **out,
                                           struct session_error_t **error);

/**
 * Makes a URL with which anyone can make a request for some time.
 *
 * Headers that were set and can't be part of a URL must be sent along by whoever uses it. Runs VALIDATE, BUILD and SIGN.
 *
 * @param request  borrowed
 * @param seconds  for how long, from 1 to 604800 (seven days)
 * @param url      receives the URL; free it with session_string_free(). Unchanged on failure.
 * @param error    nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL or `seconds` out of range; SESSION_ERR_UNSUPPORTED
 *         if a bearer token would go with the request; else as session_request_send()
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_presign(struct session_request_t *request,
                                              uint32_t seconds,
                                              char **url,
                                              struct session_error_t **error);

/** @} */

/* ---- What a request says of itself ------------------------------------------- */

/** @defgroup request_view What a request says of itself
 * @{ */

/**
 * The service a request goes to.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request` until it changes: the id of its endpoints; `""` for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
const char *session_request_service(const struct session_request_t *request);

/**
 * The operation of a request.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request` until it changes: `PutObject`; `""` for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
const char *session_request_operation(const struct session_request_t *request);

/**
 * The params of a request, as they were given.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request` until it changes: a JSON object; `"{}"` if none were; `""` for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
const char *session_request_params(const struct session_request_t *request);

/**
 * The HTTP method of a request.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request` until it changes: `PUT`; `""` for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API const char *session_request_method(const struct session_request_t *request);

/**
 * Where a request goes.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request` until it changes: a URL; before BUILD its path is the template's; `""` without an endpoint; `""` for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
const char *session_request_url(const struct session_request_t *request);

/**
 * The region of a request's client.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request` until it changes: `""` if there is none; `""` for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
const char *session_request_region(const struct session_request_t *request);

/**
 * The endpoint of a request's client.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request` until it changes: a URL; `""` if there is none; `""` for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
const char *session_request_endpoint(const struct session_request_t *request);

/**
 * The region that a request is signed for.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request` until it changes: the region; `""` for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
const char *session_request_signing_region(const struct session_request_t *request);

/**
 * The name that is signed for the service.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request` until it changes: the name; `""` for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
const char *session_request_signing_name(const struct session_request_t *request);

/**
 * The partition of a request's endpoint.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request` until it changes: `aws`, `aws-cn`; `""` for an endpoint that the program named; `""` for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
const char *session_request_partition(const struct session_request_t *request);

/**
 * The id that the service gave a request.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request` until it changes: `""` before a reply; `""` for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
const char *session_request_request_id(const struct session_request_t *request);

/**
 * The value of a header.
 *
 * @param request  borrowed, nullable
 * @param name     borrowed, nullable: the name, in any case
 * @return borrowed from `request` until it changes; NULL if there is no such header
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
const char *session_request_header(const struct session_request_t *request,
                                   const char *name);

/**
 * How many headers a request has.
 *
 * @param request  borrowed, nullable
 * @return the number; 0 for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
size_t session_request_header_count(const struct session_request_t *request);

/**
 * The name of a header, in the order they are sent.
 *
 * @param request  borrowed, nullable
 * @param index    from 0, below session_request_header_count()
 * @return borrowed from `request` until it changes; NULL if there is no such header
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
const char *session_request_header_name(const struct session_request_t *request,
                                        size_t index);

/**
 * The value of a header, in the order they are sent.
 *
 * @param request  borrowed, nullable
 * @param index    from 0, below session_request_header_count()
 * @return borrowed from `request` until it changes; NULL if there is no such header
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
const char *session_request_header_value(const struct session_request_t *request,
                                         size_t index);

/**
 * The body of a request.
 *
 * @param request  borrowed, nullable
 * @param length   nullable: receives its bytes; 0 for NULL
 * @return borrowed from `request` until it changes; NULL for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
const void *session_request_body(const struct session_request_t *request,
                                 size_t *length);

/**
 * How many tries of a request have failed before this one.
 *
 * @param request  borrowed, nullable
 * @return the number; 0 for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API int session_request_retry_count(const struct session_request_t *request);

/**
 * The wait before this try.
 *
 * @param request  borrowed, nullable
 * @return milliseconds; 0 for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
uint64_t session_request_retry_delay_ms(const struct session_request_t *request);

/**
 * Whether another try is worth it.
 *
 * @param request  borrowed, nullable
 * @return 1: yes; 0: no; -1: undecided, and for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API int session_request_retryable(const struct session_request_t *request);

/**
 * Whether a presigned URL is being made of a request.
 *
 * @param request  borrowed, nullable
 * @return whether; false for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API bool session_request_is_presigned(const struct session_request_t *request);

/**
 * When a request was made.
 *
 * @param request  borrowed, nullable
 * @return Unix nanoseconds; 0 for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API int64_t session_request_created_at(const struct session_request_t *request);

/**
 * When this try of a request began.
 *
 * @param request  borrowed, nullable
 * @return Unix nanoseconds; 0 for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
int64_t session_request_attempted_at(const struct session_request_t *request);

/**
 * What is wrong with a request now.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request` until it changes: do not free; NULL if nothing is
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
const struct session_error_t *session_request_error(const struct session_request_t *request);

/** @} */

/* ---- The reply that a request has, and the one that a handler gives it ------- */

/** @defgroup request_reply The reply that a request has, and the one that a handler gives it
 * @{ */

/**
 * The HTTP status of the reply.
 *
 * @param request  borrowed, nullable
 * @return the status; 0 before a reply and for NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API int session_request_http_status(const struct session_request_t *request);

/**
 * A header of the reply, for handlers that run after SEND.
 *
 * @param request  borrowed, nullable
 * @param name     borrowed, nullable: the name, in any case
 * @return borrowed from `request` until it changes; NULL if there is no reply or no such header
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
const char *session_request_response_header(const struct session_request_t *request,
                                            const char *name);

/**
 * Gives a request its reply, in the place of one that it has: for handlers that stand in for `core.SendHandler`.
 *
 * The lists that follow read it as they would read one from the service.
 *
 * @param request  borrowed
 * @param status   the HTTP status, 100 to 999
 * @param body     borrowed: copied; NULL is right for a length of 0 alone
 * @param length   in bytes
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `request` is NULL, `status` none, or `body` NULL with a length
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_set_response(struct session_request_t *request,
                                                   int status,
                                                   const void *body,
                                                   size_t length);

/**
 * Adds a header to the reply that a request has, after those that it has.
 *
 * @param request  borrowed
 * @param name     borrowed
 * @param value    borrowed: blanks around it are cut off
 * @return SESSION_OK; SESSION_ERR_INVALID_STATE if there is no reply; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL,
 *         `name` is no header name or `value` has a control character
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_add_response_header(struct session_request_t *request,
                                                          const char *name,
                                                          const char *value);

/** @} */

/* ---- Responses --------------------------------------------------------------- */

/** @defgroup response Responses
 * @{ */

/**
 * The HTTP status of a reply.
 *
 * @param response  borrowed, nullable
 * @return the status; 0 for NULL
 * @thread The response's.
 * @since 0.1.0
 */
SESSION_API int session_response_status(const struct session_response_t *response);

/**
 * The value of a header.
 *
 * @param response  borrowed, nullable
 * @param name      borrowed, nullable: the name, in any case
 * @return borrowed from `response`; NULL if there is no such header
 * @thread The response's.
 * @since 0.1.0
 */
SESSION_API
const char *session_response_header(const struct session_response_t *response,
                                    const char *name);

/**
 * How many headers a reply has.
 *
 * @param response  borrowed, nullable
 * @return the number; 0 for NULL
 * @thread The response's.
 * @since 0.1.0
 */
SESSION_API
size_t session_response_header_count(const struct session_response_t *response);

/**
 * The name of a header.
 *
 * @param response  borrowed, nullable
 * @param index     from 0, below session_response_header_count()
 * @return borrowed from `response`; NULL if there is no such header
 * @thread The response's.
 * @since 0.1.0
 */
SESSION_API
const char *session_response_header_name(const struct session_response_t *response,
                                         size_t index);

/**
 * The value of a header.
 *
 * @param response  borrowed, nullable
 * @param index     from 0, below session_response_header_count()
 * @return borrowed from `response`; NULL if there is no such header
 * @thread The response's.
 * @since 0.1.0
 */
SESSION_API
const char *session_response_header_value(const struct session_response_t *response,
                                          size_t index);

/**
 * Reads the next bytes of a reply's body, as they come.
 *
 * @param response  borrowed
 * @param buffer    receives the bytes
 * @param capacity  of `buffer`, in bytes
 * @param length    receives how many were read; 0 is the end of the body. Unchanged on failure.
 * @param error     nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_TRANSPORT if the body was cut; SESSION_ERR_TIMEOUT; SESSION_ERR_CANCELED;
 *         SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL or `capacity` is 0
 * @thread The response's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_response_read(struct session_response_t *response,
                                            void *buffer,
                                            size_t capacity,
                                            size_t *length,
                                            struct session_error_t **error);

/**
 * Gives a reply's whole body, read to its end.
 *
 * @param response  borrowed
 * @param limit     the most bytes that are read; a longer body is an error
 * @param data      nullable: receives the body, borrowed from `response`, with a NUL behind it. Unchanged on failure.
 * @param length    nullable: receives its bytes. Unchanged on failure.
 * @param error     nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_TRANSPORT if the body was cut or is longer; SESSION_ERR_TIMEOUT; SESSION_ERR_CANCELED;
 *         SESSION_ERR_INVALID_STATE if a part of it was read by session_response_read(); SESSION_ERR_INVALID_ARGUMENT if
 *         `response` is NULL, or both outputs are
 * @thread The response's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_response_body(struct session_response_t *response,
                                            size_t limit,
                                            const char **data,
                                            size_t *length,
                                            struct session_error_t **error);

/**
 * Gives the text of the first element, or member, of a name in an XML or JSON reply.
 *
 * Reads the body to its end, at most 64 MiB with a million elements or values.
 *
 * @param response  borrowed
 * @param name      borrowed: the name, without prefix
 * @param out       receives the text; free it with session_string_free(). Unchanged on failure.
 * @param error     nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_SERIALIZATION if the reply is neither XML nor JSON or has no such element;
 *         SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL; otherwise as session_response_body()
 * @thread The response's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_response_value(struct session_response_t *response,
                                             const char *name,
                                             char **out,
                                             struct session_error_t **error);

/**
 * Frees a response; NULL is ignored. A body that was not read to its end costs its connection.
 *
 * @param response  owned, nullable: given up
 * @thread The response's.
 * @since 0.1.0
 */
SESSION_API
void session_response_free(struct session_response_t *response);

/** @} */

/* ---- Bodies by callbacks: up from a stream, down into a callback; their progress, and their end by a cancel  */

/** @defgroup body Bodies by callbacks: up from a stream, down into a callback; their progress, and their end by a cancel
 * @{ */

/**
 * Sets a body that is given piece by piece.
 *
 * @param request  borrowed
 * @param body     borrowed: the table is copied; its `user_data` is the library's from now on
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL, `body->read` is, or a number is out of range
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_set_body_stream(struct session_request_t *request,
                                                      const struct session_body_t *body);

/**
 * Sets the body without a copy: it is hashed and sent from where it is, again for each attempt.
 *
 * @param request         borrowed
 * @param data            borrowed until `free_user_data` is called, or the request has another body or is freed; it must
 *                        stay as it is until then. NULL is right for a length of 0 alone
 * @param length          in bytes
 * @param user_data       nullable: given to `free_user_data` and nothing else; often `data` itself
 * @param free_user_data  nullable: told once, on any thread, that the library has done with `data`; also if this call fails
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `request` is NULL, or `data` is with a length
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_set_body_borrowed(struct session_request_t *request,
                                                        const void *data,
                                                        size_t length,
                                                        void *user_data,
                                                        session_free_fn free_user_data);

/**
 * Sets how the body of a request is part of its signature.
 *
 * @param request  borrowed
 * @param signing  a session_payload_signing_t
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `request` is NULL or `signing` none of them
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_set_payload_signing(struct session_request_t *request,
                                                          int signing);

/**
 * Lets a cancel end whatever a request waits for: its credentials, a connection, a reply, its body, the time before
 * another try.
 *
 * A name look-up ends at the resolver's own time-out; a callback is not interrupted, nor is the refreshing of a login
 * (`aws login`, `aws sso login`), whose token is good once.
 *
 * @param request  borrowed
 * @param cancel   borrowed, nullable: shared from now on; NULL: nothing ends it
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `request` is NULL
 * @thread The request's; the cancel is used from any.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_set_cancel(struct session_request_t *request,
                                                 const struct session_cancel_t *cancel);

/**
 * Sets who is told how far the bodies of a request and its reply have come.
 *
 * @param request         borrowed
 * @param progress        nullable: the callback; NULL: nobody
 * @param user_data       nullable: given to each call; the library's from now on
 * @param free_user_data  nullable: frees `user_data`, exactly once, when request and response are gone; also if this call
 *                        fails
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `request` is NULL
 * @thread The request's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_request_set_progress(struct session_request_t *request,
                                                   session_progress_fn progress,
                                                   void *user_data,
                                                   session_free_fn free_user_data);

/**
 * Reads a reply's body to its end into a callback, as it comes.
 *
 * @param response   borrowed
 * @param write      the callback
 * @param user_data  nullable: given to each call; yours
 * @param error      nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; as session_response_read(); the status that the callback returned, if not SESSION_OK
 * @thread The response's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_response_read_to(struct session_response_t *response,
                                               session_write_fn write,
                                               void *user_data,
                                               struct session_error_t **error);

/** @} */

/* ---- Signing without a client ------------------------------------------------ */

/** @defgroup signing Signing without a client
 * @{ */

/**
 * Makes what signs for a service in a region.
 *
 * What is wrong with the arguments is the error of session_sign() and session_presign().
 *
 * @param service  borrowed: the service's signing name, `s3`
 * @param region   borrowed: `us-east-1`
 * @return owned: free it with session_signing_free(); NULL only when memory is gone
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
struct session_signing_t *session_signing_new(const char *service,
                                              const char *region);

/**
 * Sets whose signature it is. Required.
 *
 * @param signing      borrowed
 * @param credentials  borrowed: shared from now on
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `signing`, if either is NULL
 * @thread The signing's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_signing_set_credentials(struct session_signing_t *signing,
                                                      const struct session_credentials_value_t *credentials);

/**
 * Sets the time of the signature. Without it, that of each call.
 *
 * @param signing       borrowed
 * @param unix_seconds  the time
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `signing` is NULL
 * @thread The signing's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_signing_set_time(struct session_signing_t *signing,
                                               int64_t unix_seconds);

/**
 * Sets the body, whose hash is signed. Without one it is empty.
 *
 * @param signing  borrowed
 * @param payload  borrowed: copied; NULL is right for a `length` of 0 alone
 * @param length   how many bytes
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `signing`, if a pointer is NULL
 * @thread The signing's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_signing_set_payload(struct session_signing_t *signing,
                                                  const void *payload,
                                                  size_t length);

/**
 * Sets the hash of the body, in place of the body.
 *
 * @param signing  borrowed
 * @param hash     borrowed: copied; a SHA-256 in hexadecimal, or one of S3's names such as
 *                 `STREAMING-UNSIGNED-PAYLOAD-TRAILER`
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `signing`, if either is NULL
 * @thread The signing's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_signing_set_payload_hash(struct session_signing_t *signing,
                                                       const char *hash);

/**
 * Leaves the body out of the signature, whatever it is: `UNSIGNED-PAYLOAD`.
 *
 * @param signing  borrowed
 * @param enabled  whether to; false at first
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `signing` is NULL
 * @thread The signing's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_signing_set_unsigned_payload(struct session_signing_t *signing,
                                                           bool enabled);

/**
 * Signs the path with dot segments and doubled slashes resolved.
 *
 * @param signing  borrowed
 * @param enabled  whether to; false at first, as in Go
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `signing` is NULL
 * @thread The signing's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_signing_set_normalize_path(struct session_signing_t *signing,
                                                         bool enabled);

/**
 * Signs the path percent-encoded once more.
 *
 * @param signing  borrowed
 * @param enabled  whether to; at first as the service wants it: not for S3, for all others
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `signing` is NULL
 * @thread The signing's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_signing_set_double_encode(struct session_signing_t *signing,
                                                        bool enabled);

/**
 * Adds the header `X-Amz-Content-Sha256` for services that don't ask for it, too. Not with presigned URLs.
 *
 * @param signing  borrowed
 * @param enabled  whether to; false at first
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `signing` is NULL
 * @thread The signing's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_signing_set_content_sha256_header(struct session_signing_t *signing,
                                                                bool enabled);

/**
 * Adds the session token after signing, as a few services want it.
 *
 * @param signing  borrowed
 * @param enabled  whether to; false at first
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `signing` is NULL
 * @thread The signing's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_signing_set_omit_token(struct session_signing_t *signing,
                                                     bool enabled);

/**
 * Lets headers become parameters of a presigned URL where they can, so that they need not be sent.
 *
 * @param signing  borrowed
 * @param enabled  whether to; true at first
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `signing` is NULL
 * @thread The signing's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_signing_set_hoist(struct session_signing_t *signing,
                                                bool enabled);

/**
 * Adds a header that will be sent and is to be signed, after those that there are.
 *
 * `Host` is taken from the URL and needs to be given only where it differs.
 *
 * @param signing  borrowed
 * @param name     borrowed: copied
 * @param value    borrowed: copied
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `signing`, if a pointer is NULL or a text no UTF-8
 * @thread The signing's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_signing_add_header(struct session_signing_t *signing,
                                                 const char *name,
                                                 const char *value);

/**
 * Signs a request by headers.
 *
 * The result has the headers to add to the given ones, each in place of what has its name.
 *
 * @param signing  borrowed
 * @param method   borrowed: `GET`
 * @param url      borrowed: absolute, exactly as it will be sent
 * @param out      receives the result; free it with session_signed_free(). Unchanged on failure.
 * @param error    nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_CREDENTIALS without credentials; SESSION_ERR_INVALID_ARGUMENT if an argument or what was
 *         set before is NULL or not valid
 * @thread The signing's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_sign(const struct session_signing_t *signing,
                                   const char *method,
                                   const char *url,
                                   struct session_signed_t **out,
                                   struct session_error_t **error);

/**
 * Makes a URL that is signed for some time.
 *
 * The result has the URL, and the headers that must be sent along with it.
 *
 * @param signing  borrowed
 * @param method   borrowed: `GET`
 * @param url      borrowed: absolute
 * @param seconds  for how long: 1 to 604800, seven days
 * @param out      receives the result; free it with session_signed_free(). Unchanged on failure.
 * @param error    nullable: receives details on failure; free with session_error_free()
 * @return SESSION_OK; SESSION_ERR_CREDENTIALS without credentials; SESSION_ERR_INVALID_ARGUMENT if an argument or what was
 *         set before is NULL or not valid
 * @thread The signing's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_presign(const struct session_signing_t *signing,
                                      const char *method,
                                      const char *url,
                                      uint32_t seconds,
                                      struct session_signed_t **out,
                                      struct session_error_t **error);

/**
 * Frees what signs; NULL is ignored. Results keep what they have.
 *
 * @param signing  owned, nullable: given up
 * @thread The signing's.
 * @since 0.1.0
 */
SESSION_API void session_signing_free(struct session_signing_t *signing);

/** @} */

/* ---- What signing gives ------------------------------------------------------ */

/** @defgroup signed What signing gives
 * @{ */

/**
 * The URL to use: presigned, or as it was given to session_sign().
 *
 * @param result  borrowed, nullable
 * @return borrowed from `result`; `""` for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API const char *session_signed_url(const struct session_signed_t *result);

/**
 * How many headers there are.
 *
 * Of session_sign(): those to add to the given ones, each in place of what has its name. Of session_presign(): all that
 * must be sent with the URL, `Host` apart where it is the URL's.
 *
 * @param result  borrowed, nullable
 * @return the number; 0 for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
size_t session_signed_header_count(const struct session_signed_t *result);

/**
 * The name of a header.
 *
 * @param result  borrowed, nullable
 * @param index   from 0, below session_signed_header_count()
 * @return borrowed from `result`; NULL if there is no such header
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
const char *session_signed_header_name(const struct session_signed_t *result,
                                       size_t index);

/**
 * The value of a header.
 *
 * @param result  borrowed, nullable
 * @param index   from 0, below session_signed_header_count()
 * @return borrowed from `result`; NULL if there is no such header
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
const char *session_signed_header_value(const struct session_signed_t *result,
                                        size_t index);

/**
 * The value of the first header of a name.
 *
 * @param result  borrowed, nullable
 * @param name    borrowed, nullable: in any case
 * @return borrowed from `result`; NULL if there is no such header
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
const char *session_signed_header(const struct session_signed_t *result,
                                  const char *name);

/**
 * The canonical request that was signed, to find out why a service sees another.
 *
 * @param result  borrowed, nullable
 * @return borrowed from `result`; `""` for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
const char *session_signed_canonical_request(const struct session_signed_t *result);

/**
 * The string that was signed.
 *
 * @param result  borrowed, nullable
 * @return borrowed from `result`; `""` for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API
const char *session_signed_string_to_sign(const struct session_signed_t *result);

/**
 * The signature.
 *
 * @param result  borrowed, nullable
 * @return borrowed from `result`: 64 hexadecimal digits; `""` for NULL
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API const char *session_signed_signature(const struct session_signed_t *result);

/**
 * Frees a result; NULL is ignored.
 *
 * @param result  owned, nullable: given up
 * @thread Any.
 * @since 0.1.0
 */
SESSION_API void session_signed_free(struct session_signed_t *result);

/** @} */

/* ---- The host's own transport ------------------------------------------------ */

/** @defgroup transport The host's own transport
 * @{ */

/**
 * Sets what sends requests, instead of the built-in transport.
 *
 * The table is copied, up to what this version knows of it. Its `user_data` is the library's from now on, also if this
 * call fails, unless the table is too small to have one. The transport lives while a configuration, a session or a
 * client has it.
 *
 * @param config     borrowed
 * @param transport  borrowed
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `transport` or its `send` is NULL
 *         or its `size` too small
 * @thread The configuration's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_config_set_transport(struct session_config_t *config,
                                                   const struct session_transport_t *transport);

/** @} */

/* ---- What a host's transport is to send -------------------------------------- */

/** @defgroup http_request What a host's transport is to send
 * @{ */

/**
 * What a request is for.
 *
 * @param request  borrowed, nullable
 * @return the purpose; SESSION_PURPOSE_SERVICE for NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
enum session_purpose_t session_http_request_purpose(const struct session_http_request_t *request);

/**
 * The method: `GET`, `PUT`.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request`; `""` for NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
const char *session_http_request_method(const struct session_http_request_t *request);

/**
 * The scheme: `https` or `http`.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request`; `""` for NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
const char *session_http_request_scheme(const struct session_http_request_t *request);

/**
 * The host to connect to, with its port unless that is the scheme's own.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request`: `s3.us-west-2.amazonaws.com`, `127.0.0.1:5000`, `[::1]:5000`; `""` for NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
const char *session_http_request_host(const struct session_http_request_t *request);

/**
 * Path and query, to be sent byte for byte: they are signed.
 *
 * @param request  borrowed, nullable
 * @return borrowed from `request`; `""` for NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
const char *session_http_request_target(const struct session_http_request_t *request);

/**
 * How many headers there are.
 *
 * @param request  borrowed, nullable
 * @return the number; 0 for NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
size_t session_http_request_header_count(const struct session_http_request_t *request);

/**
 * The name of a header. Headers are sent in their order.
 *
 * @param request  borrowed, nullable
 * @param index    from 0, below session_http_request_header_count()
 * @return borrowed from `request`; NULL if there is no such header
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
const char *session_http_request_header_name(const struct session_http_request_t *request,
                                             size_t index);

/**
 * The value of a header.
 *
 * @param request  borrowed, nullable
 * @param index    from 0, below session_http_request_header_count()
 * @return borrowed from `request`; NULL if there is no such header
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
const char *session_http_request_header_value(const struct session_http_request_t *request,
                                              size_t index);

/**
 * The value of the first header of a name.
 *
 * @param request  borrowed, nullable
 * @param name     borrowed, nullable: in any case
 * @return borrowed from `request`; NULL if there is no such header
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
const char *session_http_request_header(const struct session_http_request_t *request,
                                        const char *name);

/**
 * How long the body is.
 *
 * @param request  borrowed, nullable
 * @return the bytes; -1 if that is not known before its end, so that it is sent in chunks; 0 for NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
int64_t session_http_request_body_length(const struct session_http_request_t *request);

/**
 * Reads the next bytes of the body.
 *
 * @param request   borrowed
 * @param buffer    receives the bytes; NULL is right for a `capacity` of 0 alone
 * @param capacity  how many bytes there is room for
 * @param length    receives how many were read: 0 is the end, unless `capacity` is 0. Unchanged on failure.
 * @return SESSION_OK; SESSION_ERR_TRANSPORT if the body can't be read, which is then the error of the request;
 *         SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_http_request_read_body(struct session_http_request_t *request,
                                                     void *buffer,
                                                     size_t capacity,
                                                     size_t *length);

/**
 * Goes back to the beginning of the body, to send it again on another connection.
 *
 * @param request  borrowed
 * @return SESSION_OK; SESSION_ERR_UNSUPPORTED if the body is a stream that has been read in part;
 *         SESSION_ERR_INVALID_ARGUMENT if `request` is NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_http_request_rewind_body(struct session_http_request_t *request);

/**
 * How long connecting may take.
 *
 * @param request  borrowed, nullable
 * @return milliseconds; UINT64_MAX: no limit, and for NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
uint64_t session_http_request_connect_timeout_ms(const struct session_http_request_t *request);

/**
 * How long the other side may keep silent.
 *
 * @param request  borrowed, nullable
 * @return milliseconds without a byte going out or coming in; UINT64_MAX: no limit, and for NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
uint64_t session_http_request_read_timeout_ms(const struct session_http_request_t *request);

/**
 * How long all may take, from connecting to the last byte of the reply: what is left to the deadline of the request's
 * session_cancel_t, if that is less.
 *
 * @param request  borrowed, nullable
 * @return milliseconds; UINT64_MAX: no limit, and for NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
uint64_t session_http_request_total_timeout_ms(const struct session_http_request_t *request);

/**
 * Whether nobody waits for the reply any more: a transport that asks now and then can stop early.
 *
 * So it is once the session_cancel_t of the request is thrown or its deadline has passed, or all has taken too long. What
 * the transport answers then does not matter.
 *
 * @param request  borrowed, nullable
 * @return whether it is so; false for NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
bool session_http_request_is_canceled(const struct session_http_request_t *request);

/** @} */

/* ---- What a host's transport answers ----------------------------------------- */

/** @defgroup http_reply What a host's transport answers
 * @{ */

/**
 * Sets the HTTP status of a reply. Required.
 *
 * @param reply   borrowed
 * @param status  100 to 999; one below 200, which is not the final one, fails the send
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `reply` is NULL or `status` none
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_http_reply_set_status(struct session_http_reply_t *reply,
                                                    int status);

/**
 * Adds a header to a reply, after those that it has.
 *
 * @param reply  borrowed
 * @param name   borrowed
 * @param value  borrowed: blanks around it are cut off; bytes that are no UTF-8 are replaced by U+FFFD
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL, the name is none, or the value has a line
 *         break or control character
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_http_reply_add_header(struct session_http_reply_t *reply,
                                                    const char *name,
                                                    const char *value);

/**
 * Adds bytes to the body of a reply, as they come.
 *
 * A body that ends before its Content-Length, where there is no other coding and one is to come, fails the send: half of
 * somebody's data must not pass for all of it.
 *
 * @param reply   borrowed
 * @param data    borrowed: copied; NULL is right for a `length` of 0 alone
 * @param length  how many bytes
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL; SESSION_ERR_TRANSPORT if the body gets longer
 *         than 1 GiB or than there is memory
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_http_reply_write(struct session_http_reply_t *reply,
                                               const void *data,
                                               size_t length);

/**
 * Says why there is no reply. The send fails with it as the cause, whatever the callback returns.
 *
 * @param reply    borrowed
 * @param code     borrowed, nullable: a short name for programs
 * @param message  borrowed: for people
 * @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `reply` or `message` is NULL
 * @thread The callback's.
 * @since 0.1.0
 */
SESSION_API
enum session_status_t session_http_reply_set_error(struct session_http_reply_t *reply,
                                                   const char *code,
                                                   const char *message);

/** @} */

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SESSION_H */
