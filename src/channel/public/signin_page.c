/*
 * The page of sign-ins: Vietnamese first, English second, without script.
 *
 * Invariant: nothing that came with a request stands in it. What was wrong with a token is told in
 * one way: whoever shows one that is not his learns no more.
 */
#include "channel/public/signin_page.h"

#include "channel/public/page.h"

static const struct {
    const char *vi;
    const char *en;
} again = {"Không đăng nhập được. Hãy bắt đầu lại từ đầu trên trang này.",
           "The sign-in did not succeed. Please begin anew on this page."};
static const struct {
    const char *vi;
    const char *en;
} later = {"Hiện chưa đăng nhập được. Hãy thử lại sau ít phút.",
           "Signing in is not possible now. Please try again in a few minutes."};

static void put_told(struct buf *buf, enum signin_code code)
{
    bool wait = code == SIGNIN_UNAVAILABLE || code == SIGNIN_TOO_MANY;

    if (code != SIGNIN_DONE) {
        buf_printf(buf, "<div role=\"status\">\n<p>%s</p>\n<p lang=\"en\">%s</p>\n</div>\n",
                   wait ? later.vi : again.vi, wait ? later.en : again.en);
    }
}

static void put_provider(struct buf *buf, const struct signin_provider *provider)
{
    buf_printf(buf, "<li><a href=\"/signin?provider=%.*s\">", (int)provider->code.len,
               (const char *)provider->code.data);
    public_escaped_put(buf, provider->name);
    buf_put_text(buf, "</a></li>\n");
}

void signin_page_put(struct buf *buf, const struct signin_providers *providers,
                     enum signin_code code)
{
    public_page_open(buf, "Đăng nhập");
    buf_put_text(buf, "<h1>Đăng nhập <span lang=\"en\">(sign in)</span></h1>\n");
    put_told(buf, code);
    if (providers->count == 0) {
        buf_put_text(buf, "<p>Hiện chưa có cổng nào để đăng nhập. <span lang=\"en\">There is no "
                          "portal to sign in over yet.</span></p>\n");
    } else {
        buf_put_text(buf, "<p>Để xem thông tin của mình và ai đã xem thông tin đó, hãy đăng nhập "
                          "qua: <span lang=\"en\">(to see your own data and who has seen it, sign "
                          "in over:)</span></p>\n<ul>\n");
        for (unsigned i = 0; i < providers->count; i++) {
            put_provider(buf, &providers->all[i]);
        }
        buf_put_text(buf, "</ul>\n");
    }
    buf_put_text(buf, "<p><a href=\"/\">dancu</a></p>\n");
    public_page_close(buf);
}
