/* What is left of secrets in memory, when nobody holds them any more. */
#include "check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

/* The secrets of the test, kept inverted so that its own memory does not have them. */
static char inverted[2][41];
static char chunk[1 << 16];

static void make_secrets(void)
{
    for (int which = 0; which < 2; which++)
        for (int i = 0; i < 40; i++)
            inverted[which][i] = (char)~("abcdefghijklmnopqrstuvwxyz0123456789"[(i * 7 + which * 11 + getpid()) % 36]);
}

static session_status_t secret_keys(session_provider_reply_t *reply, void *user_data)
{
    int *calls = user_data;
    volatile char secret[41];
    session_status_t status;

    for (int i = 0; i < 40; i++)
        secret[i] = (char)~inverted[*calls % 2][i];
    secret[40] = 0;
    session_provider_reply_set_expires_at(reply, (int64_t)time(NULL) + 3600);
    status = session_provider_reply_set_keys(reply, "AK", (const char *)secret, (const char *)secret);
    for (int i = 0; i < 40; i++)
        secret[i] = 0;
    ++*calls;
    return status;
}

static int found_in(size_t length)
{
    int found = 0;

    for (size_t at = 0; at + 40 <= length; at++)
        for (int which = 0; which < 2; which++) {
            int i = 0;
            while (i < 40 && chunk[at + i] == (char)~inverted[which][i])
                i++;
            found += i == 40;
        }
    return found;
}

/* How often the secrets stand in the memory of this process. */
static int count_in_memory(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY), found = 0;
    char line[512], rights[5];
    unsigned long begin, end;

    CHECK(maps != NULL && memory >= 0);
    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx %4s", &begin, &end, rights) != 3 || rights[0] != 'r' || strstr(line, "[v"))
            continue;
        for (unsigned long at = begin; at < end; at += sizeof chunk - 64) {
            unsigned long own = (unsigned long)chunk;
            ssize_t got;
            if (at + sizeof chunk > own && at < own + sizeof chunk)
                continue; /* what was read before */
            got = pread(memory, chunk, end - at < sizeof chunk ? end - at : sizeof chunk, (off_t)at);
            if (got > 0)
                found += found_in((size_t)got);
        }
    }
    fclose(maps);
    close(memory);
    memset(chunk, 0, sizeof chunk);
    return found;
}

TEST(no_secret_is_left_in_memory)
{
    session_provider_t provider = SESSION_PROVIDER_INIT;
    session_credentials_t *credentials = NULL;
    session_credentials_value_t *value = NULL;
    int calls = 0;

    if (under_sanitizer("it maps terabytes of shadow, and keeps what was freed"))
        return;
    make_secrets();
    provider.retrieve = secret_keys;
    provider.user_data = &calls;
    CHECK_OK(session_credentials_new_provider(&provider, &credentials, NULL), NULL);
    CHECK_INT(count_in_memory(), 0);
    CHECK_OK(session_credentials_get(credentials, 0, NULL, &value, NULL), NULL);
    CHECK_INT(count_in_memory(), 2); /* secret and token */
    CHECK_OK(session_credentials_refresh(credentials, NULL, NULL), NULL);
    CHECK_INT(count_in_memory(), 4); /* somebody has the first value still */
    session_credentials_value_free(value);
    CHECK_INT(count_in_memory(), 2);
    session_credentials_expire(credentials);
    CHECK_INT(count_in_memory(), 0);
    CHECK_OK(session_credentials_get(credentials, 0, NULL, &value, NULL), NULL);
    session_credentials_free(credentials);
    CHECK_INT(count_in_memory(), 2);
    session_credentials_value_free(value);
    CHECK_INT(calls, 3);
    CHECK_INT(count_in_memory(), 0);
}

static const char *write_keys(const char *path)
{
    char text[256] = "[default]\naws_access_key_id = AK\naws_secret_access_key = ";
    size_t length = strlen(text);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(file >= 0);
    /* So long that what was read is not where a small thing is put next. */
    for (int line = 0; line < 1000; line++)
        CHECK_INT(write(file, "# nothing of importance\n", 24), 24);
    for (int which = 0; which < 2; which++) {
        for (int i = 0; i < 40; i++)
            text[length++] = (char)~inverted[which][i];
        memcpy(text + length, which ? "\n" : "\naws_session_token = ", which ? 1 : 21);
        length += which ? 1 : 21;
    }
    CHECK_INT(write(file, text, length), (long long)length);
    close(file);
    memset(text, 0, sizeof text);
    __asm__ volatile("" : : "r"(text) : "memory"); /* it is not left out */
    return path;
}

/* Gives the options an environment with the keys. */
static void keys_of_environment(session_options_t *options)
{
    volatile char secret[2][41];
    const char *pairs[] = {"AWS_ACCESS_KEY_ID",     "AK",
                           "AWS_SECRET_ACCESS_KEY", (const char *)secret[0],
                           "AWS_SESSION_TOKEN",     (const char *)secret[1],
                           "HOME",                  "/nonexistent"};

    for (int which = 0; which < 2; which++)
        for (int i = 0; i <= 40; i++)
            secret[which][i] = i < 40 ? (char)~inverted[which][i] : 0;
    CHECK_OK(session_options_set_environment(options, pairs, 4), NULL);
    for (int which = 0; which < 2; which++)
        for (int i = 0; i < 40; i++)
            secret[which][i] = 0;
}

static void check_load(session_options_t *options, const char *provider)
{
    session_t *session = NULL;
    session_credentials_t *credentials;
    session_credentials_value_t *value = NULL;

    CHECK_OK(session_new_with_options(options, &session, NULL), NULL);
    credentials = session_credentials(session);
    CHECK_OK(session_credentials_get(credentials, 0, NULL, &value, NULL), NULL);
    CHECK_CONTAINS(session_credentials_value_provider(value), provider);
    CHECK(count_in_memory() >= 2);
    session_credentials_value_free(value);
    session_credentials_free(credentials);
    session_free(session);
    session_options_free(options);
    CHECK_INT(count_in_memory(), 0);
}

TEST(no_secret_of_a_file_is_left_in_memory)
{
    char path[] = "/tmp/session-secrets-XXXXXX";
    session_options_t *options;
    int file;

    if (under_sanitizer("it maps terabytes of shadow, and keeps what was freed"))
        return;
    options = session_options_new();
    file = mkstemp(path);
    CHECK(file >= 0);
    close(file);
    make_secrets();
    write_keys(path);
    CHECK_OK(session_options_set_environment(options, NULL, 0), NULL);
    CHECK_OK(session_options_set_files(options, (const char *[]){path}, 1), NULL);
    check_load(options, "SharedConfigCredentials");
    unlink(path);
}

TEST(no_secret_of_a_variable_is_left_in_memory)
{
    session_options_t *options;

    if (under_sanitizer("it maps terabytes of shadow, and keeps what was freed"))
        return;
    options = session_options_new();
    make_secrets();
    keys_of_environment(options);
    check_load(options, "EnvConfigCredentials");
}
