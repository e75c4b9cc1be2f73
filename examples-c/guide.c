/*
 * The guide "Using Sessions to Configure Service Clients", as a C program.
 *
 * A session is loaded, hooked and copied; clients made from the copy talk to S3 and STS. GUIDE_ENDPOINT may name another
 * server than AWS: `make demo` runs this against one on this machine.
 */
#include <session.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const object = "All that we see or seem is but a dream within a dream.\n";

/* Runs for each request, just before it is sent. */
static void log_request(session_request_t *request, void *user_data)
{
    fprintf(user_data, "Request: %s/%s, Payload: %s\n", session_request_service(request),
            session_request_operation(request), session_request_params(request));
}

/* One call: makes a request, sends it, and gives the whole body of the reply. */
static session_status_t call(const session_client_t *client, const char *operation, const char *method, const char *path,
                             const char *params, const char *body, session_response_t **reply, session_error_t **error)
{
    session_request_t *request = NULL;
    session_status_t status = session_request_new(client, operation, method, path, params, &request, error);
    if (status == SESSION_OK && body != NULL)
        status = session_request_set_body(request, body, strlen(body));
    if (status == SESSION_OK)
        status = session_request_send(request, reply, error);
    session_request_free(request);
    return status;
}

/* A call whose reply is of no interest. */
static session_status_t run(const session_client_t *client, const char *operation, const char *method, const char *path,
                            const char *params, const char *body, session_error_t **error)
{
    session_response_t *reply = NULL;
    session_status_t status = call(client, operation, method, path, params, body, &reply, error);
    session_response_free(reply);
    return status;
}

static session_status_t work_with_s3(const session_client_t *s3, session_error_t **error)
{
    const char *const bucket = "{\"Bucket\": \"guide-bucket\"}";
    const char *const key = "{\"Bucket\": \"guide-bucket\", \"Key\": \"poe/a dream.txt\"}";
    const char *const place = "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                              "<LocationConstraint>us-east-2</LocationConstraint></CreateBucketConfiguration>";
    session_response_t *reply = NULL;
    session_status_t status;
    const char *data = NULL;
    size_t length = 0;
    char *name = NULL;

    if ((status = run(s3, "CreateBucket", "PUT", "/{Bucket}", bucket, place, error)) ||
        (status = run(s3, "PutObject", "PUT", "/{Bucket}/{Key+}", key, object, error)) ||
        (status = call(s3, "ListObjectsV2", "GET", "/{Bucket}?list-type=2", bucket, NULL, &reply, error)) ||
        (status = session_response_value(reply, "Key", &name, error)))
        goto done;
    printf("         the bucket holds \"%s\"\n", name);
    session_response_free(reply);
    reply = NULL;

    if ((status = call(s3, "GetObject", "GET", "/{Bucket}/{Key+}", key, NULL, &reply, error)) ||
        (status = session_response_body(reply, 1 << 20, &data, &length, error)))
        goto done;
    if (length != strlen(object) || memcmp(data, object, length) != 0) {
        fprintf(stderr, "what came back is not what was put\n");
        status = SESSION_ERR_INTERNAL;
        goto done;
    }
    printf("         the object came back as it was put: %s", data);
    status = run(s3, "DeleteObject", "DELETE", "/{Bucket}/{Key+}", key, NULL, error);
    if (status == SESSION_OK)
        status = run(s3, "DeleteBucket", "DELETE", "/{Bucket}", bucket, NULL, error);
done:
    session_string_free(name);
    session_response_free(reply);
    return status;
}

static session_status_t ask_sts(const session_client_t *sts, session_error_t **error)
{
    session_response_t *reply = NULL;
    char *account = NULL, *arn = NULL;
    session_status_t status;

    if ((status = call(sts, "GetCallerIdentity", "POST", "/", NULL, NULL, &reply, error)) == SESSION_OK &&
        (status = session_response_value(reply, "Account", &account, error)) == SESSION_OK &&
        (status = session_response_value(reply, "Arn", &arn, error)) == SESSION_OK)
        printf("         we are %s of account %s\n", arn, account);
    session_string_free(account);
    session_string_free(arn);
    session_response_free(reply);
    return status;
}

/* A wrong secret must be refused: a server that takes it checks nothing. */
static int try_wrong_secret(const session_t *session, const char *key_id)
{
    session_config_t *config = session_config_new();
    session_credentials_t *wrong = NULL;
    session_t *copy = NULL;
    session_client_t *s3 = NULL;
    session_error_t *error = NULL;
    int refused = 0;

    if (session_credentials_new_static(key_id, "not the secret", NULL, &wrong, &error) ||
        session_config_set_credentials(config, wrong) || session_copy(session, config, &copy, &error) ||
        session_client_new(copy, "s3", NULL, &s3, &error) ||
        run(s3, "ListBuckets", "GET", "/", NULL, NULL, &error)) {
        printf("         refused: %s, status %d, request id %s\n", session_error_code(error),
               session_error_http_status(error), session_error_request_id(error));
        refused = session_error_http_status(error) == 403 &&
                  strcmp(session_error_code(error), "SignatureDoesNotMatch") == 0 &&
                  session_error_request_id(error)[0] != '\0';
    } else {
        fprintf(stderr, "a wrong secret was accepted: the server does not verify signatures\n");
    }
    session_error_free(error);
    session_client_free(s3);
    session_free(copy);
    session_credentials_free(wrong);
    session_config_free(config);
    return refused;
}

int main(void)
{
    session_options_t *options = session_options_new();
    session_config_t *config = session_config_new(), *east = session_config_new();
    session_t *session = NULL, *copy = NULL;
    session_client_t *s3 = NULL, *sts = NULL;
    session_credentials_t *credentials = NULL;
    session_credentials_value_t *value = NULL;
    session_error_t *error = NULL;
    char *origin = NULL;
    const char *endpoint = getenv("GUIDE_ENDPOINT");
    int failed = 1;

    setvbuf(stdout, NULL, _IOLBF, 0);
    session_config_set_region(config, "us-west-2");
    session_config_set_s3_force_path_style(config, true);
    if (endpoint != NULL)
        session_config_set_endpoint(config, endpoint);
    session_options_set_config(options, config);
    session_config_set_region(east, "us-east-2");

    printf("Session: loading\n");
    if (session_new_with_options(options, &session, &error) ||
        session_push_front(session, SESSION_STAGE_SEND, "guide.LogRequest", log_request, stdout, NULL, &error) ||
        session_copy(session, east, &copy, &error) || session_origin(copy, "credentials", &origin, &error) ||
        session_client_new(copy, "s3", NULL, &s3, &error) || session_client_new(copy, "sts", NULL, &sts, &error))
        goto done;
    credentials = session_credentials(session);
    if (session_credentials_get(credentials, 0, NULL, &value, &error))
        goto done;
    printf("         credentials %s (%s), S3 at %s, signed for %s\n", session_credentials_value_access_key_id(value),
           origin, session_client_endpoint(s3), session_client_signing_region(s3));

    if (work_with_s3(s3, &error) || ask_sts(sts, &error))
        goto done;
    printf("Session: trying a wrong secret\n");
    failed = !try_wrong_secret(session, session_credentials_value_access_key_id(value));
    printf(failed ? "Session: that should not have happened\n" : "Session: done\n");
done:
    if (error != NULL)
        fprintf(stderr, "%s\n", session_error_text(error));
    session_error_free(error);
    session_string_free(origin);
    session_credentials_value_free(value);
    session_credentials_free(credentials);
    session_client_free(sts);
    session_client_free(s3);
    session_free(copy);
    session_free(session);
    session_config_free(east);
    session_config_free(config);
    session_options_free(options);
    return failed;
}
