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
