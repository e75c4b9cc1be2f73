/*
 * fork() with connections that lie ready: parent and child both go on, the child on connections of its own. The server
 * tells by a number that it gives each connection which one a reply came over.
 */
#include "check.h"
#include "fake_transport.h"
#include "fault_server.h"

#include <signal.h>

#define CHILDREN 100

/* ---- A server that names connections, in a process of its own, as many at a time as come */

/* Answers each request over a connection with its number, until the client goes. */
static void *serve(void *data)
{
    int *named = data, fd = named[0], number = named[1];
    char request[8192], reply[256];

    free(named);
    for (size_t kept = 0;;) {
        ssize_t got = recv(fd, request + kept, sizeof request - 1 - kept, 0);

        if (got <= 0)
            break;
        kept += (size_t)got;
        request[kept] = 0;
        if (!strstr(request, "\r\n\r\n"))
            continue;
        kept = 0;
        snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n%06d", number);
        if (send(fd, reply, strlen(reply), MSG_NOSIGNAL) < 0)
            break;
    }
    close(fd);
    return NULL;
}

/* Serves until nobody has the other end of `alive` any more. */
static void accept_all(int listener, int alive)
{
    struct pollfd wanted[2] = {{listener, POLLIN, 0}, {alive, POLLIN, 0}};

    for (int number = 1; poll(wanted, 2, -1) > 0 && wanted[1].revents == 0; number++) {
        int *named = malloc(2 * sizeof *named);
        pthread_t thread;

        CHECK(named != NULL);
        named[0] = accept(listener, NULL, NULL);
        named[1] = number;
        CHECK(named[0] >= 0);
        CHECK_INT(pthread_create(&thread, NULL, serve, named), 0);
        pthread_detach(thread);
    }
    _exit(0);
}

/* Starts the server; gives its process. */
static pid_t start_server(unsigned *port)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), alive[2];
    pid_t server;

    CHECK_INT(pipe(alive), 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_INT(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_INT(listen(listener, 256), 0);
    CHECK_INT(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    server = fork();
    CHECK(server >= 0);
    if (server == 0) {
        close(alive[1]);
        accept_all(listener, alive[0]);
    }
    close(alive[0]);
    close(listener);
    return server;
}

static void stop_server(pid_t server)
{
    CHECK_INT(kill(server, SIGKILL), 0);
    CHECK_INT(waitpid(server, NULL, 0), server);
}

static session_client_t *client_of(unsigned port)
{
    struct fault_server server = {.port = port};

    return fault_client(&server, "s3");
}

/* ---- Over which connection a request goes */

static session_response_t *send_get(const session_client_t *client)
{
    session_request_t *request = fake_request(client, "GetObject", "GET", "/k", NULL);
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_request_send(request, &response, &error), error);
    session_request_free(request);
    return response;
}

static int number_in(session_response_t *response)
{
    session_error_t *error = NULL;
    const char *body = NULL;
    size_t length = 0;
    int number;

    CHECK_OK(session_response_body(response, 100, &body, &length, &error), error);
    CHECK_INT(length, 6);
    number = (int)strtol(body, NULL, 10);
    session_response_free(response);
    CHECK(number > 0);
    return number;
}

static int connection(const session_client_t *client)
{
    return number_in(send_get(client));
}

/* What children have to say, a number each. */
static int pipes[2];

static void tell(int number)
{
    CHECK_INT(write(pipes[1], &number, sizeof number), sizeof number);
}

static int hear(void)
{
    int number = 0;

    CHECK_INT(read(pipes[0], &number, sizeof number), sizeof number);
    return number;
}

static void wait_for(pid_t child)
{
    int status;

    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/*
 * Ends a child that has gone well. It leaves its parent's connections alone, with the memory they are in, and has none of
 * the parent's other threads to free what they held: valgrind, which would take that for leaks, is left by an exec.
 */
static void end_child(session_client_t *client)
{
    const char *preload = getenv("LD_PRELOAD");

    session_client_free(client);
    if (preload && strstr(preload, "vgpreload"))
        execl("/bin/true", "true", (char *)NULL);
    _exit(0);
}

/* ---- */

TEST(parent_and_child_go_on_over_connections_of_their_own)
{
    unsigned port;
    pid_t server = start_server(&port), child;
    session_client_t *client = client_of(port);
    session_response_t *first = send_get(client), *second = send_get(client);
    int warm[2], own;

    /* Two connections at once, which then lie ready. */
    warm[0] = number_in(first);
    warm[1] = number_in(second);
    CHECK(warm[0] != warm[1]);
    own = connection(client);
    CHECK(own == warm[0] || own == warm[1]); /* they do lie ready */
    CHECK_INT(pipe(pipes), 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        int mine = connection(client);

        tell(mine);
        for (int i = 0; i < 20; i++)
            CHECK_INT(connection(client), mine); /* warm by now, too */
        end_child(client);
    }
    for (int i = 0; i < 20; i++) /* while the child does the same */
        CHECK_INT(connection(client), own);
    CHECK(hear() > 2);
    wait_for(child);
    CHECK_INT(connection(client), own); /* the child's end has not closed it */
    session_client_free(client);
    stop_server(server);
}

TEST(a_reply_that_is_half_read_stays_with_the_parent)
{
    unsigned port;
    pid_t server = start_server(&port), child;
    session_client_t *client = client_of(port);
    session_response_t *response = send_get(client);
    char byte = 0;
    size_t length = 0;

    CHECK_OK(session_response_read(response, &byte, 1, &length, NULL), NULL);
    CHECK_INT(length, 1);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        session_response_free(response); /* without a word over the parent's connection */
        CHECK_INT(connection(client), 2);
        end_child(client);
    }
    wait_for(child);
    for (int rest = 5; rest > 0; rest -= (int)length)
        CHECK_OK(session_response_read(response, &byte, 1, &length, NULL), NULL);
    session_response_free(response);
    CHECK_INT(connection(client), 1);
    session_client_free(client);
    stop_server(server);
}

TEST(a_hundred_children_at_once)
{
    unsigned port;
    pid_t server = start_server(&port), children[CHILDREN];
    session_client_t *client = client_of(port);
    int own = connection(client), go[2];
    bool seen[CHILDREN * 2 + 2] = {false};
    char byte;

    CHECK_INT(pipe(pipes), 0);
    CHECK_INT(pipe(go), 0);
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        CHECK(children[i] >= 0);
        if (children[i] == 0) {
            int mine;

            close(go[1]);
            CHECK_INT(read(go[0], &byte, 1), 0); /* all start when the parent lets go */
            mine = connection(client);
            for (int n = 0; n < 10; n++)
                CHECK_INT(connection(client), mine);
            tell(mine);
            end_child(client);
        }
    }
    close(go[1]);
    for (int i = 0; i < 10; i++)
        CHECK_INT(connection(client), own);
    seen[own] = true;
    for (int i = 0; i < CHILDREN; i++) {
        int number = hear();

        CHECK(number > 0 && number < (int)sizeof seen);
        CHECK(!seen[number]); /* nobody else's */
        seen[number] = true;
    }
    for (int i = 0; i < CHILDREN; i++)
        wait_for(children[i]);
    CHECK_INT(connection(client), own);
    for (int i = 1; i <= CHILDREN + 1; i++)
        CHECK(seen[i]); /* one each, no more */
    printf("%d children, %d connections\n", CHILDREN, CHILDREN + 1);
    session_client_free(client);
    stop_server(server);
}

/* The first 32 bits of the id of a request that is sent now. */
static int id_of_request(const session_client_t *client)
{
    session_request_t *request = fake_request(client, "GetObject", "GET", "/k", NULL);
    session_response_t *response = NULL;
    session_error_t *error = NULL;
    const char *id;
    int bits;

    CHECK_OK(session_request_send(request, &response, &error), error);
    id = session_request_header(request, "amz-sdk-invocation-id");
    CHECK_INT(strlen(id), 36);
    bits = (int)strtoul(id, NULL, 16);
    session_response_free(response);
    session_request_free(request);
    return bits;
}

TEST(children_draw_other_lots)
{
    unsigned port;
    pid_t server = start_server(&port), children[2];
    session_client_t *client = client_of(port);
    int own[2], first, second;

    own[0] = id_of_request(client);
    CHECK_INT(pipe(pipes), 0);
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        CHECK(children[i] >= 0);
        if (children[i] == 0) {
            tell(id_of_request(client));
            end_child(client);
        }
    }
    first = hear();
    second = hear();
    own[1] = id_of_request(client);
    CHECK(first != second);
    for (int i = 0; i < 2; i++) {
        CHECK(first != own[i] && second != own[i]);
        wait_for(children[i]);
    }
    CHECK(own[0] != own[1]);
    session_client_free(client);
    stop_server(server);
}

/* ---- Providers of credentials, while another thread makes what they need */

#define STS_REPLY                                                                                             \
    "<R><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"                \
    "<SessionToken>token</SessionToken><Expiration>2020-01-02T04:04:05Z</Expiration></Credentials></R>"
#define SSO_REPLY                                                                                             \
    "{\"roleCredentials\": {\"accessKeyId\": \"ASIA\", \"secretAccessKey\": \"secret\","                    \
    " \"sessionToken\": \"token\", \"expiration\": 1577937845000}}"
#define OIDC_REPLY "{\"accessToken\": \"new\", \"expiresIn\": 28800, \"refreshToken\": \"next\"}"

static const char provider_config[] =
    "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = S\n"
    "[profile role]\nrole_arn = arn:aws:iam::111111111111:role/r\nsource_profile = base\n"
    "[profile web]\nrole_arn = arn:aws:iam::111111111111:role/r\nweb_identity_token_file = token\n"
    "[profile sso]\nsso_session = corp\nsso_account_id = 333333333333\nsso_role_name = Admin\n"
    "[sso-session corp]\nsso_region = us-east-2\nsso_start_url = https://example.awsapps.com/start\n";
/* Expired, of the session `corp`, whose SHA-1 is the file's name. */
static const char provider_token[] =
    "{\"accessToken\": \"old\", \"expiresAt\": \"2020-01-01T00:00:00Z\", \"clientId\": \"c\", \"clientSecret\": \"s\","
    " \"registrationExpiresAt\": \"2040-01-01T00:00:00Z\", \"refreshToken\": \"r\"}";
static const char provider_token_file[] = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

static session_status_t reply_of_service(session_http_request_t *request, session_http_reply_t *reply, void *user_data)
{
    const char *host = session_http_request_host(request);
    const char *body = strstr(host, "oidc") ? OIDC_REPLY : strstr(host, "sso") ? SSO_REPLY : STS_REPLY;

    (void)user_data;
    CHECK_INT(session_http_reply_set_status(reply, 200), SESSION_OK);
    return session_http_reply_write(reply, body, strlen(body));
}

/* The thread that makes the client of this number is held up, until it is told to go on. */
struct held_up {
    pid_t process;
    int client, made, stopped[2], go[2];
};

/* Each client is told of when it is made, as its retry mode is not built. */
static void hold_up(int level, const char *line, void *user_data)
{
    struct held_up *held_up = user_data;
    char byte = 0;

    (void)level;
    if (getpid() != held_up->process || !strstr(line, "adaptive") || ++held_up->made != held_up->client)
        return;
    CHECK_INT(write(held_up->stopped[1], &byte, 1), 1);
    CHECK_INT(read(held_up->go[0], &byte, 1), 1);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    CHECK(file != NULL);
    CHECK(fputs(text, file) >= 0 && fclose(file) == 0);
}

static session_credentials_t *credentials_of(const char *profile, const char *home, struct held_up *held_up)
{
    session_options_t *options = session_options_new();
    session_config_t *config = session_config_new();
    session_transport_t transport = SESSION_TRANSPORT_INIT;
    session_credentials_t *credentials;
    session_t *session = NULL;
    session_error_t *error = NULL;

    transport.send = reply_of_service;
    session_config_set_transport(config, &transport);
    session_config_set_region(config, "us-west-2");
    session_config_set_retry_mode(config, "adaptive");
    session_config_set_clock(config, fake_clock, NULL, NULL);
    session_config_set_logger(config, hold_up, held_up, NULL);
    session_options_set_config(options, config);
    session_options_set_files(options, (const char *const[]){"config"}, 1);
    session_options_set_environment(options, (const char *const[]){"HOME", home}, 1);
    session_options_set_profile(options, profile);
    session_options_set_shared_config_state(options, SESSION_SHARED_CONFIG_ENABLE);
    CHECK_OK(session_new_with_options(options, &session, &error), error);
    credentials = session_credentials(session);
    session_free(session);
    session_config_free(config);
    session_options_free(options);
    return credentials;
}

static void *get_credentials(void *credentials)
{
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;

    CHECK_OK(session_credentials_get(credentials, 0, NULL, &value, &error), error);
    CHECK_STR(session_credentials_value_access_key_id(value), "ASIA");
    session_credentials_value_free(value);
    return NULL;
}

TEST(a_child_does_not_wait_for_a_client_that_another_thread_was_making)
{
    static const struct {
        const char *profile;
        int client;
    } cases[] = {{"role", 1}, {"web", 1}, {"sso", 1}, {"sso", 2}};
    char home[] = "/tmp/session-fork-XXXXXX";

    if (under_sanitizer("the child of a fork may find the lock of its allocator held"))
        return;
    CHECK(mkdtemp(home) && chdir(home) == 0);
    CHECK_INT(system("mkdir -p .aws/sso/cache"), 0);
    write_file("config", provider_config);
    write_file("token", "a token");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct held_up held_up = {getpid(), cases[i].client, 0, {0, 0}, {0, 0}};
        session_credentials_t *credentials = credentials_of(cases[i].profile, home, &held_up);
        pthread_t thread;
        pid_t child;
        char byte;

        write_file(provider_token_file, provider_token);
        CHECK_INT(pipe(held_up.stopped), 0);
        CHECK_INT(pipe(held_up.go), 0);
        CHECK_INT(pthread_create(&thread, NULL, get_credentials, credentials), 0);
        CHECK_INT(read(held_up.stopped[0], &byte, 1), 1);
        child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            alarm(10);
            get_credentials(credentials);
            end_child(NULL);
        }
        wait_for(child);
        CHECK_INT(write(held_up.go[1], &byte, 1), 1);
        CHECK_INT(pthread_join(thread, NULL), 0);
        session_credentials_free(credentials);
    }
    CHECK_INT(system("rm -r \"$PWD\""), 0);
}

/* A child of many threads has one; nobody gives back what the others held. */
static void *keep_sending(void *data)
{
    for (int i = 0; i < 200; i++)
        connection(data);
    return NULL;
}

TEST(a_child_of_many_busy_threads_goes_on)
{
    unsigned port;
    pid_t server;
    session_client_t *client;
    pthread_t threads[4];

    if (under_sanitizer("the child of a fork may find the lock of its allocator held"))
        return;
    server = start_server(&port);
    client = client_of(port);
    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, keep_sending, client), 0);
    for (int i = 0; i < 50; i++) {
        pid_t child = fork();

        CHECK(child >= 0);
        if (child == 0) {
            connection(client);
            end_child(client);
        }
        wait_for(child);
    }
    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    session_client_free(client);
    stop_server(server);
}
