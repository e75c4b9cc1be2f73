/*
 * Signs a request that something else sends, such as libcurl: no client is made, and nothing is sent.
 *
 * In Go: v4.NewSigner(credentials).Sign(request, body, "sts", "us-east-1", time.Now())
 *
 * Prints a curl command that asks STS who the caller is. A program gives the same lines to curl_slist_append() and the
 * list to CURLOPT_HTTPHEADER. URL, body and signed headers must be sent as they were signed.
 */
#include <session.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Signs with the credentials that a session finds. */
static session_status_t use_credentials(session_signing_t *signing, session_error_t **error)
{
    session_t *session = NULL;
    session_credentials_t *credentials = NULL;
    session_credentials_value_t *value = NULL;
    session_status_t status = session_new(NULL, &session, error);

    if (status == SESSION_OK) {
        credentials = session_credentials(session);
        status = session_credentials_get(credentials, 0, NULL, &value, error);
    }
    if (status == SESSION_OK)
        session_signing_set_credentials(signing, value);
    session_credentials_value_free(value);
    session_credentials_free(credentials);
    session_free(session);
    return status;
}

int main(void)
{
    const char *const type = "application/x-www-form-urlencoded";
    const char *const body = "Action=GetCallerIdentity&Version=2011-06-15";
    const char *url = getenv("GUIDE_ENDPOINT"); /* another server than AWS */
    session_signing_t *signing = session_signing_new("sts", "us-east-1");
    session_signed_t *result = NULL;
    session_error_t *error = NULL;

    if (url == NULL)
        url = "https://sts.us-east-1.amazonaws.com/";
    session_signing_add_header(signing, "Content-Type", type);
    session_signing_set_payload(signing, body, strlen(body));

    if (use_credentials(signing, &error) || session_sign(signing, "POST", url, &result, &error)) {
        fprintf(stderr, "%s\n", session_error_text(error));
    } else {
        printf("curl '%s' --data '%s'", url, body);
        printf(" \\\n  --header 'Content-Type: %s'", type);
        for (size_t i = 0; i < session_signed_header_count(result); i++)
            printf(" \\\n  --header '%s: %s'", session_signed_header_name(result, i),
                   session_signed_header_value(result, i));
        puts("");
    }

    int failed = error != NULL;
    session_error_free(error);
    session_signed_free(result);
    session_signing_free(signing);
    return failed;
}
