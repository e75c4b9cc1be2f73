/*
 * A server on 127.0.0.1 that answers by script, byte for byte: also what no server should. Include check.h first, and
 * fake_transport.h for the sessions.
 *
 *     static const struct fault_reply script[] = {FAULT_TEXT("HTTP/1.1 200 OK\r\n\r\n", FAULT_CLOSE)};
 *     struct fault_server server;
 *     fault_server_start(&server, script, 1);
 *     ... fault_client(&server, "s3") ...
 *     fault_server_stop(&server);
 *
 * The n-th request gets the n-th reply, those after the last one the last. One that expects it is told to go on. What came
 * is counted, and may be looked at once the server has stopped.
 */
#ifndef FAULT_SERVER_H
#define FAULT_SERVER_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <strings.h>
#include <sys/socket.h>

enum fault_end {
    FAULT_KEEP,  /* the next request may come on the same connection */
    FAULT_CLOSE, /* the connection is closed in order */
    FAULT_RESET, /* the connection is broken off */
    FAULT_FLOOD  /* `more` is sent again and again, until the client has had enough */
};

struct fault_reply {
    const char *bytes;
    size_t length;
    enum fault_end end;
    const char *more;
    bool unasked; /* answers before the request has been read, and reads none of it */
};

#define FAULT_TEXT(text, end) {(text), sizeof(text) - 1, (end), NULL, false}
#define FAULT_UNASKED(text, end) {(text), sizeof(text) - 1, (end), NULL, true}
#define FAULT_ENDLESS(text, more) {(text), sizeof(text) - 1, FAULT_FLOOD, (more), false}

struct fault_server {
    int listener;
    int stop[2];
    unsigned port;
    const struct fault_reply *script;
    size_t count;
    pthread_t thread;
    /* If set before it is sent, the first request is cut off after so many bytes, and not answered. */
    size_t cut;
    size_t connections, requests;
    size_t length; /* of the last request, with its body */
    char request[1 << 16]; /* the last one, or its beginning */
};

/* Waits until something can be done with a socket; false if the server is to stop. */
static inline bool fault_wait(struct fault_server *server, int fd, short events)
{
    struct pollfd wanted[2] = {{fd, events, 0}, {server->stop[0], POLLIN, 0}};

    while (poll(wanted, 2, -1) < 0)
        CHECK_INT(errno, EINTR);
    return wanted[1].revents == 0;
}

/* Sends all; false if the client has gone. */
static inline bool fault_write(struct fault_server *server, int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent;

        if (!fault_wait(server, fd, POLLOUT))
            return false;
        sent = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (sent < 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* The value of a header of a request, with what follows; NULL if there is none. */
static inline const char *fault_header(const char *request, const char *name)
{
    const char *end = strstr(request, "\r\n\r\n");
    size_t length = strlen(name);

    for (const char *line = strstr(request, "\r\n"); line && line < end; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':')
            return line + 2 + length + 1 + strspn(line + 2 + length + 1, " ");
    return NULL;
}

/* How many bytes a request has, with its body, as far as its head is there; 0 if it is not, or more chunks are to come. */
static inline size_t fault_request_length(const char *request)
{
    const char *end = strstr(request, "\r\n\r\n"), *length = fault_header(request, "content-length");

    if (!end)
        return 0;
    if (fault_header(request, "transfer-encoding")) {
        end = strstr(end, "\r\n0\r\n\r\n");
        return end ? (size_t)(end + 7 - request) : 0;
    }
    return (size_t)(end + 4 - request) + (length ? strtoul(length, NULL, 10) : 0);
}

/* Reads a request; of a long one only the beginning is kept. False if none comes any more. */
static inline bool fault_read(struct fault_server *server, int fd)
{
    static char passed_over[1 << 16];
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    size_t kept = 0, all = 0;
    bool asked = false;

    memset(server->request, 0, sizeof server->request);
    for (;;) {
        size_t room = sizeof server->request - 1 - kept, wanted = fault_request_length(server->request);
        ssize_t got;

        server->length = all;
        if (wanted > 0 && all >= wanted)
            return true;
        if (!asked && strstr(server->request, "\r\n\r\n") && fault_header(server->request, "expect")) {
            asked = true;
            if (!fault_write(server, fd, go_on, sizeof go_on - 1))
                return false;
        }
        if (!fault_wait(server, fd, POLLIN))
            return false;
        got = recv(fd, room > 0 ? server->request + kept : passed_over, room > 0 ? room : sizeof passed_over, 0);
        if (got <= 0)
            return false;
        if (room > 0)
            kept += (size_t)got;
        all += (size_t)got;
    }
}

static inline void fault_serve(struct fault_server *server, int fd)
{
    for (;;) {
        size_t next = server->requests < server->count ? server->requests : server->count - 1;
        const struct fault_reply *reply = &server->script[next];
        bool alive = reply->unasked || fault_read(server, fd);

        if (!alive)
            return;
        server->requests++;
        if (!fault_write(server, fd, reply->bytes, reply->length))
            return;
        while (reply->end == FAULT_FLOOD)
            if (!fault_write(server, fd, reply->more, strlen(reply->more)))
                return;
        if (reply->end == FAULT_RESET) {
            struct linger at_once = {1, 0};
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        }
        if (reply->end != FAULT_KEEP)
            return;
    }
}

/* Reads so many bytes of a request, and no more. */
static inline void fault_cut(struct fault_server *server, int fd)
{
    for (size_t left = server->cut; left > 0;) {
        ssize_t got = fault_wait(server, fd, POLLIN)
                          ? recv(fd, server->request, left < sizeof server->request ? left : sizeof server->request, 0)
                          : 0;

        if (got <= 0)
            return;
        left -= (size_t)got;
    }
}

static inline void *fault_run(void *data)
{
    struct fault_server *server = data;

    while (fault_wait(server, server->listener, POLLIN)) {
        int fd = accept(server->listener, NULL, NULL);

        if (fd < 0)
            continue;
        if (server->connections++ == 0 && server->cut > 0)
            fault_cut(server, fd);
        else
            fault_serve(server, fd);
        close(fd);
    }
    return NULL;
}

static inline void fault_server_start(struct fault_server *server, const struct fault_reply *script, size_t count)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;

    memset(server, 0, sizeof *server);
    server->script = script;
    server->count = count;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(server->listener >= 0);
    CHECK_INT(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_INT(listen(server->listener, 64), 0);
    CHECK_INT(getsockname(server->listener, (struct sockaddr *)&address, &length), 0);
    server->port = ntohs(address.sin_port);
    CHECK_INT(pipe(server->stop), 0);
    CHECK_INT(pthread_create(&server->thread, NULL, fault_run, server), 0);
}

static inline void fault_server_stop(struct fault_server *server)
{
    CHECK_INT(write(server->stop[1], "x", 1), 1);
    CHECK_INT(pthread_join(server->thread, NULL), 0);
    close(server->stop[0]);
    close(server->stop[1]);
    close(server->listener);
}

/* Settings of a session whose requests go to the server by the built-in transport. */
static inline session_config_t *fault_config(const struct fault_server *server)
{
    session_config_t *config = fake_config();
    char endpoint[64];

    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u", server->port);
    session_config_set_endpoint(config, endpoint);
    return config;
}

static inline session_client_t *fault_client(const struct fault_server *server, const char *service)
{
    session_config_t *config = fault_config(server);
    session_t *session = NULL;
    session_client_t *client;
    session_error_t *error = NULL;

    CHECK_OK(session_new(config, &session, &error), error);
    session_config_free(config);
    client = fake_client_of(session, service);
    session_free(session);
    return client;
}

#endif
