/*
 * signet/sys/log.h: where the library says what it does, for those who look for a fault. It never
 * says content, keys or passphrases, and nothing depends on it.
 */
#ifndef SIGNET_SYS_LOG_H
#define SIGNET_SYS_LOG_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum signet_log_level { SIGNET_LOG_WARNING, SIGNET_LOG_INFO, SIGNET_LOG_DEBUG } signet_log_level;

typedef struct signet_log {
	void (*write)(void *user, signet_log_level level, const char *text);
	void *user;
} signet_log;

#ifdef __cplusplus
}
#endif

#endif
