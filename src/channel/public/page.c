/*
 * The public page: Vietnamese first, English second; readable without script, with any size of
 * letters, in light and dark.
 */
#include "channel/public/page.h"

#include <openssl/evp.h>

static const char style[] =
    ":root{color-scheme:light dark}"
    "body{font:1.125rem/1.6 system-ui,sans-serif;max-width:42rem;margin:0 auto;padding:1rem;"
    "color:#1a1a1a;background:#fff}"
    "h1{font-size:1.75rem;line-height:1.25}h2{font-size:1.25rem;margin-top:2rem}"
    "a{color:#0b4a8f}a:focus-visible{outline:3px solid #b35c00;outline-offset:2px}"
    "code,dd,pre{overflow-wrap:anywhere}pre{white-space:pre-wrap;margin:0}"
    "label{display:block}input,select,button{font:inherit;max-width:100%;box-sizing:border-box;"
    "padding:.4rem .6rem;border:1px solid #767676}input,select{width:100%}"
    "input:focus-visible,select:focus-visible,button:focus-visible{outline:3px solid "
    "#b35c00;outline-offset:2px}"
    "[role=status]{border:2px solid #767676;padding:0 1rem}dt{font-weight:bold}dd{margin:0}"
    "section+section{border-top:1px solid #767676;margin-top:2.5rem;padding-top:1rem}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}a{color:#8ec5ff}}";

static const char before_title[] =
    "<!DOCTYPE html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>";

static const char vietnamese[] =
    "<h1>dancu: cổng khai thác Cơ sở dữ liệu quốc gia về dân cư</h1>\n"
    "<p>Đây là cửa duy nhất để dữ liệu của công dân rời khỏi cơ sở dữ liệu. Mỗi yêu cầu được xét "
    "theo quy định, được ghi vào nhật ký không thể xóa, sau đó mới được trả lời.</p>\n"
    "<h2>Ai hỏi, hỏi ở đâu</h2>\n"
    "<p>Hệ thống của cơ quan, tổ chức kết nối bằng chứng thư đã đăng ký. Công dân xem thông tin "
    "của mình qua cổng dịch vụ công, tin nhắn hoặc bằng văn bản. Mọi thắc mắc xin gửi cơ quan quản "
    "lý Cơ sở dữ liệu quốc gia về dân cư.</p>\n"
    "<h2>Nhật ký công khai</h2>\n"
    "<p>Nhật ký không chứa thông tin cá nhân; bất cứ ai cũng kiểm tra được rằng nó không bị sửa. "
    "Bắt đầu từ <a href=\"/ledger/checkpoint\">điểm kiểm tra đã ký</a>. Tên nhật ký: <code>";

static const char english[] =
    "</code>.</p>\n<h2>Văn bản trả lời</h2>\n"
    "<p>Ai giữ một văn bản do hệ thống này cấp đều có thể <a href=\"/letters\">kiểm tra văn bản "
    "đó</a>.</p>\n"
    "<p><a href=\"/healthz\">Tình trạng hoạt động</a></p>\n</section>\n"
    "<section lang=\"en\">\n"
    "<h1>dancu: gateway of the National Population Database</h1>\n"
    "<p>This is the one door by which a citizen's data leaves the register. Each ask is decided "
    "under the law, recorded in a log from which nothing can be removed, and only then "
    "answered.</p>\n"
    "<h2>Who asks, and where</h2>\n"
    "<p>Systems of agencies and organisations connect with a registered certificate. Citizens see "
    "their own data through the public service portals, by text message or in writing. Questions "
    "go to the authority that manages the National Population Database.</p>\n"
    "<h2>The public log</h2>\n"
    "<p>The log holds no personal data, and anybody can check that it is not altered. Begin with "
    "its <a href=\"/ledger/checkpoint\">signed checkpoint</a>. Name of the log: <code>";

static const char after[] =
    "</code>.</p>\n<h2>Letters</h2>\n"
    "<p>Whoever holds a letter that was issued here can <a "
    "href=\"/letters\">check it</a>.</p>\n<p><a href=\"/healthz\">State of health</a></p>\n";

void public_escaped_put(struct buf *buf, struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.data[i]) {
        case '<':
            buf_put_text(buf, "&lt;");
            break;
        case '&':
            buf_put_text(buf, "&amp;");
            break;
        case '"':
            buf_put_text(buf, "&quot;");
            break;
        default:
            buf_put_u8(buf, text.data[i]);
            break;
        }
    }
}

void public_page_open(struct buf *buf, const char *title)
{
    buf_put_text(buf, before_title);
    buf_put_text(buf, title);
    buf_put_text(buf, "</title>\n<style>");
    buf_put_text(buf, style);
    buf_put_text(buf, "</style>\n</head>\n<body>\n<main>\n<section>\n");
}

void public_page_close(struct buf *buf)
{
    buf_put_text(buf, "</section>\n</main>\n</body>\n</html>\n");
}

void public_page_put(struct buf *buf, struct view origin)
{
    public_page_open(buf, "dancu: cổng khai thác Cơ sở dữ liệu quốc gia về dân cư");
    buf_put_text(buf, vietnamese);
    public_escaped_put(buf, origin);
    buf_put_text(buf, english);
    public_escaped_put(buf, origin);
    buf_put_text(buf, after);
    public_page_close(buf);
}

struct outcome public_page_policy_put(struct buf *buf, const char *forms)
{
    uint8_t digest[32];

    if (EVP_Digest(style, sizeof(style) - 1, digest, NULL, EVP_sha256(), NULL) != 1) {
        return outcome_fail(FAULT_CRYPTO, "digest of the style sheet");
    }
    buf_put_text(buf, "default-src 'none'; style-src 'sha256-");
    base64std_put(buf, view_of(digest, sizeof(digest)));
    buf_printf(buf, "'; base-uri 'none'; form-action %s; frame-ancestors 'none'", forms);
    return buf_check(buf);
}
