/*
 * Whether all is well with one's own identities and with those one trusts: that nothing ends soon
 * without a successor, that others will believe the certificates, that the clock can be right.
 */
#ifndef SIGNET_APP_CHECKUP_H
#define SIGNET_APP_CHECKUP_H

#include "app/findings.h"

signet_status app_check_identities(app_findings *findings, signet_error *err) SIGNET_CHECKED;
signet_status app_check_anchors(app_findings *findings, signet_error *err) SIGNET_CHECKED;
signet_status app_check_clock(app_findings *findings, signet_error *err) SIGNET_CHECKED;

/* How many days before its end a certificate is told of: 30, then 14, then 3. */
enum { APP_WARN_DAYS = 30 };
/* "in 13 days", "tomorrow", "3 days ago" */
void app_days_text(int64_t seconds, char text[32]);

#endif
