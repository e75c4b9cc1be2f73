// session.hpp: owners, exceptions, callables as handlers. Compiled as C++17 and C++20.
#include <session.hpp>

#include "check.h"

#include <map>
#include <type_traits>

using libsession::client;
using libsession::config;
using libsession::credentials;
using libsession::error;
using libsession::handlers;
using libsession::options;
using libsession::request;
using libsession::request_view;
using libsession::response;
using libsession::session;

static_assert(sizeof(session) == sizeof(void *) && sizeof(config) == sizeof(void *));
static_assert(std::is_nothrow_move_constructible_v<session> && !std::is_copy_constructible_v<session>);
static_assert(std::is_copy_constructible_v<config> && std::is_nothrow_move_constructible_v<config>);
static_assert(std::is_copy_constructible_v<error>);

// A server that answers by path.
struct server {
    std::map<std::string, std::string> replies;
    std::string last_target, last_body;
    int calls = 0;

    static session_status_t send(session_http_request_t *sent, session_http_reply_t *reply, void *user_data)
    {
        auto &self = *static_cast<server *>(user_data);
        char buffer[256];
        std::size_t length = 0;

        self.calls++;
        self.last_target = session_http_request_target(sent);
        self.last_body.clear();
        while (session_http_request_read_body(sent, buffer, sizeof buffer, &length) == SESSION_OK && length > 0)
            self.last_body.append(buffer, length);
        auto found = self.replies.find(self.last_target);
        if (found == self.replies.end()) {
            const std::string body = "<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>";
            session_http_reply_set_status(reply, 404);
            session_http_reply_add_header(reply, "x-amz-request-id", "R1");
            session_http_reply_write(reply, body.data(), body.size());
        } else {
            session_http_reply_set_status(reply, 200);
            session_http_reply_add_header(reply, "ETag", "\"e\"");
            session_http_reply_write(reply, found->second.data(), found->second.size());
        }
        return SESSION_OK;
    }

    config settings()
    {
        session_transport_t table = SESSION_TRANSPORT_INIT;
        table.send = send;
        table.user_data = this;
        return config()
            .region("us-west-2")
            .max_retries(0)
            .s3_force_path_style(true)
            .credentials(credentials("AKID", std::string("SECRET")))
            .transport(table);
    }
};

// Runs the function and gives what it throws.
template <class F> static error thrown_by(F function)
{
    try {
        function();
    } catch (const error &thrown) {
        return thrown;
    }
    fprintf(stderr, "nothing was thrown\n");
    exit(1);
}

static std::string of(std::string_view view)
{
    return std::string(view);
}

TEST(setters_chain_and_copies_are_apart)
{
    config first = config().region("us-east-2").max_retries(3).set("retry_mode", "standard");
    config second = first;

    second.region("eu-west-1").unset("max_retries");
    CHECK_STR(of(*first.value("region")).c_str(), "us-east-2");
    CHECK_STR(of(*first.value("max_retries")).c_str(), "3");
    CHECK_STR(of(*second.value("region")).c_str(), "eu-west-1");
    CHECK(!second.value("max_retries"));
    first = second;
    CHECK_STR(of(*first.value("region")).c_str(), "eu-west-1");
    first.merge(config().region("us-west-1"));
    CHECK_STR(of(*first.value("region")).c_str(), "us-west-1");
    CHECK_STR(of(*second.value("region")).c_str(), "eu-west-1");
    first = std::move(second);
    CHECK_STR(of(*first.value("region")).c_str(), "eu-west-1");
}

TEST(a_bad_setting_is_thrown_by_what_uses_it)
{
    error thrown = thrown_by([] { session loaded(config().set("max_retries", "many")); });

    CHECK_INT(thrown.status(), SESSION_ERR_INVALID_ARGUMENT);
    CHECK_CONTAINS(thrown.what(), "max_retries");
    CHECK_CONTAINS(thrown.what(), "many");
}

TEST(options_name_environment_and_files)
{
    session loaded(options()
                       .environment({"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=AKIDENV", "AWS_SECRET_ACCESS_KEY=s"})
                       .files({})
                       .shared_config_state(SESSION_SHARED_CONFIG_ENABLE)
                       .config(config().max_retries(1)));

    CHECK_STR(of(*loaded.get_config().value("region")).c_str(), "us-east-1");
    CHECK_STR(loaded.origin("region").c_str(), "environment AWS_REGION");
    CHECK_STR(loaded.origin("max_retries").c_str(), "code");
    CHECK_CONTAINS(loaded.explain(SESSION_EXPLAIN_JSON).c_str(), "\"AWS_REGION\"");
    CHECK_STR(of(loaded.credentials().value().access_key_id()).c_str(), "AKIDENV");
    CHECK_INT(loaded.credentials().value().expires_at(), INT64_MAX);

    error missing = thrown_by([] { session none(options().profile("nobody").files({"/nowhere/config"})); });
    CHECK_INT(missing.status(), SESSION_ERR_PROFILE_NOT_FOUND);
    CHECK_STR(of(missing.code()).c_str(), "SharedConfigProfileNotExistsError");
    CHECK_CONTAINS(missing.what(), "nobody");
}

TEST(a_request_is_sent_and_its_reply_read)
{
    server fake{{{"/b/a%20b?x=%26", "<R><Name>n &amp; m</Name></R>"}}, {}, {}};
    session loaded(fake.settings());
    client s3(loaded, "s3");
    request get(s3, "GetObject", "GET", "/{Bucket}/{Key+}", R"({"Bucket": "b", "Key": "a b"})");

    CHECK_STR(of(s3.service()).c_str(), "s3");
    CHECK_STR(of(s3.endpoint()).c_str(), "https://s3.us-west-2.amazonaws.com");
    get.add_query("x", "&");
    get.set_body("data");
    CHECK_STR(of(get.operation()).c_str(), "GetObject");
    CHECK_STR(of(get.body()).c_str(), "data");
    response reply = get.send();
    CHECK_STR(fake.last_body.c_str(), "data");
    CHECK_INT(reply.status(), 200);
    CHECK_STR(of(*reply.header("etag")).c_str(), "\"e\"");
    CHECK(!reply.header("x-none"));
    CHECK_STR(of(reply.body()).c_str(), "<R><Name>n &amp; m</Name></R>");
    CHECK_STR(reply.value("Name").c_str(), "n & m");
    CHECK_INT(thrown_by([&] { reply.value("None"); }).status(), SESSION_ERR_SERIALIZATION);
    CHECK_INT(thrown_by([&] { get.send(); }).status(), SESSION_ERR_INVALID_STATE);
}

TEST(a_reply_is_read_in_pieces)
{
    server fake{{{"/b/k", "0123456789"}}, {}, {}};
    client s3(session(fake.settings()), "s3");
    response reply = request(s3, "GetObject", "GET", "/b/k").send();
    std::string all;
    char piece[4];

    while (std::size_t length = reply.read(piece, sizeof piece))
        all.append(piece, length);
    CHECK_STR(all.c_str(), "0123456789");
}

TEST(a_refusal_is_thrown_with_what_the_service_says)
{
    server fake;
    client s3(session(fake.settings()), "s3");
    error thrown = thrown_by([&] { request(s3, "GetObject", "GET", "/b/k").send(); });

    CHECK_INT(thrown.status(), SESSION_ERR_SERVICE);
    CHECK_INT(thrown.http_status(), 404);
    CHECK_STR(of(thrown.code()).c_str(), "NoSuchKey");
    CHECK_STR(of(thrown.message()).c_str(), "no such key");
    CHECK_STR(of(thrown.request_id()).c_str(), "R1");
    CHECK(!thrown.is_retryable());
}

TEST(a_handler_may_be_any_callable)
{
    server fake{{{"/b/k", "x"}}, {}, {}};
    session loaded(fake.settings());
    std::string log;
    auto owned = std::make_unique<std::string>("moved in"); // such a callable can't be copied
    std::weak_ptr<int> watched;

    {
        auto shared = std::make_shared<int>(0);
        watched = shared;
        loaded.push_front(SESSION_STAGE_SEND, "test.Owned", [shared, owned = std::move(owned), &log](request_view sent) {
            log += *owned + ": " + std::string(sent.service()) + '/' + std::string(sent.operation());
            ++*shared;
        });
    }
    CHECK(!watched.expired());
    session copy = loaded.copy(config().region("eu-west-1"));
    CHECK_STR(of(*copy.get_config().value("region")).c_str(), "eu-west-1");
    request(client(copy, "s3"), "GetObject", "GET", "/b/k").send();
    CHECK_STR(log.c_str(), "moved in: s3/GetObject");
    CHECK_INT(*watched.lock(), 1);

    CHECK_INT(loaded.handlers().remove(SESSION_STAGE_SEND, "test.Owned"), 1);
    CHECK(!watched.expired());
    CHECK_INT(copy.handlers().remove(SESSION_STAGE_SEND, "test.Owned"), 1);
    CHECK(watched.expired());
}

TEST(what_a_handler_throws_is_the_error_of_the_request)
{
    server fake{{{"/b/k", "x"}}, {}, {}};
    client s3(session(fake.settings()), "s3");
    auto thrown_with = [&](auto handler) {
        request get(s3, "GetObject", "GET", "/b/k");
        get.handlers().push_back(SESSION_STAGE_BUILD, "test.Throw", handler);
        return thrown_by([&] { get.send(); });
    };

    error thrown = thrown_with([](request_view) { throw std::runtime_error("out of tea"); });
    CHECK_INT(thrown.status(), SESSION_ERR_HANDLER);
    CHECK_STR(of(thrown.code()).c_str(), "Exception");
    CHECK_STR(of(thrown.message()).c_str(), "out of tea");
    thrown = thrown_with([](request_view) { throw 1; });
    CHECK_CONTAINS(thrown.what(), "no std::exception");
    thrown = thrown_with([](request_view) { session bad(config().region("\xff")); });
    CHECK_STR(of(thrown.code()).c_str(), "InvalidArgument");
    thrown = thrown_with([](request_view sent) { sent.set_error("Teapot", "short and stout"); });
    CHECK_STR(of(thrown.code()).c_str(), "Teapot");
    CHECK_INT(fake.calls, 0);
}

TEST(lists_of_handlers_can_be_changed)
{
    handlers lists;
    std::string log;
    auto writes = [&log](const char *name) { return [&log, name](request_view) { log += name; }; };

    CHECK(lists.empty());
    lists.push_back(SESSION_STAGE_BUILD, "b", writes("b"));
    lists.push_front(SESSION_STAGE_BUILD, nullptr, writes("a"));
    lists.set_back(SESSION_STAGE_BUILD, "c", writes("c"));
    lists.set_front(SESSION_STAGE_BUILD, "c", writes("C"));
    CHECK(lists.swap(SESSION_STAGE_BUILD, "b", writes("B")));
    CHECK(!lists.swap(SESSION_STAGE_BUILD, "none", writes("n")));
    CHECK_INT(lists.size(SESSION_STAGE_BUILD), 3);
    handlers copy = lists.copy();
    lists.clear(SESSION_STAGE_BUILD);
    CHECK(lists.empty());

    client s3(session(config().region("us-east-1")), "s3");
    request get(s3, "GetObject", "GET", "/b/k");
    copy.run(SESSION_STAGE_BUILD, get);
    CHECK_STR(log.c_str(), "aBC");
    CHECK(!handlers::defaults().empty());
    CHECK_INT(thrown_by([&] { lists.set_front(SESSION_STAGE_BUILD, nullptr, writes("x")); }).status(),
              SESSION_ERR_INVALID_ARGUMENT);
}

TEST(requests_are_presigned)
{
    server fake;
    client s3(session(fake.settings()), "s3");
    std::string url = request(s3, "GetObject", "GET", "/b/k").presign(std::chrono::minutes(15));

    CHECK_CONTAINS(url.c_str(), "https://s3.us-west-2.amazonaws.com/b/k?");
    CHECK_CONTAINS(url.c_str(), "X-Amz-Expires=900&");
    CHECK_INT(fake.calls, 0);
}

TEST(credentials_are_shared)
{
    credentials keys("AKID", "SECRET", "TOKEN"), same = keys.share();

    CHECK_STR(of(same.value().session_token()).c_str(), "TOKEN");
    CHECK_STR(of(same.value().secret_access_key()).c_str(), "SECRET");
    CHECK_INT(thrown_by([] { credentials("", "SECRET").value(); }).status(), SESSION_ERR_CREDENTIALS);
    CHECK_INT(thrown_by([] { credentials(nullptr, "SECRET"); }).status(), SESSION_ERR_INVALID_ARGUMENT);
    client s3(session(config().region("us-east-1").credentials(credentials::anonymous())), "s3");
    CHECK(request(s3, "GetObject", "GET", "/b/k").presign(std::chrono::seconds(1)).find("Signature") ==
          std::string::npos);
}

TEST(a_deferred_session_fails_at_its_first_request)
{
    session late = session::deferred(config().region("us-east-1").set("max_retries", "many"));
    client s3(late, "s3");

    CHECK_CONTAINS(thrown_by([&] { request(s3, "ListBuckets", "GET", "/").send(); }).what(), "max_retries");
}

TEST(raw_objects_come_and_go)
{
    session_t *raw = session(config().region("us-east-1")).release();
    session owner(raw);

    CHECK(owner.get() == raw);
    CHECK_INT(thrown_by([] { libsession::check(SESSION_ERR_CONFIG); }).status(), SESSION_ERR_CONFIG);
    libsession::check(SESSION_OK);
}
