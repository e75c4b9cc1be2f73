/* Two threads on one configuration, which belongs to one at a time: ThreadSanitizer must find this. See scripts/tsan.sh. */
#include <pthread.h>
#include <session.h>

static void *set_region(void *config)
{
    for (int i = 0; i < 10000; i++)
        session_config_set_region(config, i % 2 ? "us-east-1" : "eu-central-1");
    return NULL;
}

int main(void)
{
    session_config_t *config = session_config_new();
    pthread_t thread;

    if (pthread_create(&thread, NULL, set_region, config) != 0)
        return 0;
    set_region(config);
    pthread_join(thread, NULL);
    session_config_free(config);
    return 0;
}
