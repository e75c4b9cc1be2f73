/* No signal reaches the host because of what a server does. */
#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

static int listener(char *endpoint, size_t size)
{
    struct sockaddr_in address = {0};
    socklen_t length = sizeof(address);
    int server = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(server, (struct sockaddr *)&address, length) == 0 && listen(server, 1) == 0);
    CHECK(getsockname(server, (struct sockaddr *)&address, &length) == 0);
    snprintf(endpoint, size, "http://127.0.0.1:%d", ntohs(address.sin_port));
    return server;
}

/* Takes the beginning of a request, says that nothing will come back, and goes, with the rest not read. */
static void hang_up(int server)
{
    char buffer[512];
    int connection = accept(server, NULL, NULL);

    if (connection < 0 || recv(connection, buffer, sizeof(buffer), 0) <= 0)
        _exit(1);
    shutdown(connection, SHUT_WR);
    close(connection);
    _exit(0);
}

TEST(a_server_that_hangs_up_raises_no_signal)
{
    enum { LENGTH = 64 << 20 };
    char endpoint[64];
    int server = listener(endpoint, sizeof(endpoint)), status;
    pid_t child = fork();
    void *body = NULL;
    session_config_t *config = NULL;
    session_credentials_t *anonymous = NULL;
    session_t *session = NULL;
    session_client_t *client = NULL;
    session_request_t *request = NULL;
    session_response_t *response = NULL;
    session_error_t *error = NULL;

    if (child == 0)
        hang_up(server);
    close(server);
    body = calloc(1, LENGTH);
    config = session_config_new();
    anonymous = session_credentials_new_anonymous();
    CHECK(body != NULL && child > 0 && signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    session_config_set_region(config, "us-east-1");
    session_config_set_endpoint(config, endpoint);
    session_config_set_s3_force_path_style(config, true);
    session_config_set_s3_disable_100_continue(config, true);
    session_config_set_credentials(config, anonymous);
    CHECK_OK(session_new(config, &session, &error), error);
    CHECK_OK(session_client_new(session, "s3", NULL, &client, &error), error);
    CHECK_OK(session_request_new(client, "PutObject", "PUT", "/{Bucket}/{Key+}", "{\"Bucket\": \"b\", \"Key\": \"k\"}",
                                 &request, &error),
             error);
    CHECK_OK(session_request_set_body(request, body, LENGTH), NULL);
    CHECK_INT(session_request_send(request, &response, &error), SESSION_ERR_TRANSPORT);
    CHECK_STR(session_error_code(error), "RequestError");
    CHECK(waitpid(child, &status, 0) == child && status == 0);

    session_error_free(error), session_request_free(request), session_client_free(client), session_free(session);
    session_credentials_free(anonymous), session_config_free(config), free(body);
}
