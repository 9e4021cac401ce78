#include "net/watch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

void sn_watch_set_fd(sn_watch *watch, int fd)
{
	(void)pthread_mutex_lock(&watch->lock);
	watch->fd = fd;
	/* one that comes when the time is over already is of no use */
	if (fd >= 0 && watch->is_late)
		(void)shutdown(fd, SHUT_RDWR);
	(void)pthread_mutex_unlock(&watch->lock);
}

static void *run(void *user)
{
	sn_watch *watch = user;

	watch->status = watch->work(watch->user, &watch->error);
	/* the end of the pipe says the same, should the octet not fit */
	(void)!write(watch->done[1], "", 1);
	return NULL;
}

static void end(sn_watch *watch)
{
	(void)pthread_mutex_lock(&watch->lock);
	watch->is_late = true;
	if (watch->fd >= 0)
		(void)shutdown(watch->fd, SHUT_RDWR);
	(void)pthread_mutex_unlock(&watch->lock);
}

/* Waits until the work is done or the time is over. */
static void wait_for(sn_watch *watch)
{
	struct pollfd done = { .fd = watch->done[0], .events = POLLIN };

	for (;;) {
		const unsigned left = watch->lookup->remaining(watch->lookup->user);

		if (left == 0) {
			end(watch);
			return;
		}
		if (poll(&done, 1, (int)left) > 0)
			return;
	}
}

signet_status sn_watch_run(sn_watch *watch, const sn_lookup *lookup,
    signet_status (*work)(void *user, signet_error *err), void *user, bool *late_out,
    signet_error *err)
{
	pthread_t thread;

	watch->lookup = lookup;
	watch->work = work;
	watch->user = user;
	watch->fd = -1;
	watch->is_late = false;
	if (pipe(watch->done) != 0)
		return signet_fail_sys(err, SIGNET_E_UNAVAILABLE, "cannot make a pipe");
	if (pthread_mutex_init(&watch->lock, NULL) != 0 ||
	    pthread_create(&thread, NULL, run, watch) != 0) {
		watch->status = signet_fail(&watch->error, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "cannot make a thread");
	} else {
		wait_for(watch);
		(void)pthread_join(thread, NULL);
		(void)pthread_mutex_destroy(&watch->lock);
	}
	(void)close(watch->done[0]);
	(void)close(watch->done[1]);
	*late_out = watch->is_late;
	if (watch->status != SIGNET_OK && err != NULL)
		*err = watch->error;
	return watch->status;
}
