/*
 * Counting what an account's misuse has touched, and saying it.
 *
 * Invariant: numbers and fields are told, never who.
 */
#include "worker/incident.h"

#include "base/ceilings.h"
#include "base/clock.h"
#include "base/memory.h"
#include "wire/json.h"

#include <stdlib.h>

#define KEYS_FIRST 1024u
#define NOTICE_US (INCIDENT_NOTICE_HOURS * INT64_C(3600) * 1000000)
#define DRAFT_BYTES_MAX 4096u

void incident_done(struct touched *incident)
{
    memory_free(incident->keys);
    incident->keys = NULL;
}

static struct outcome grow(struct touched *incident)
{
    size_t cap = incident->key_cap == 0 ? KEYS_FIRST : 2 * incident->key_cap;
    if (incident->key_count == INCIDENT_DISCLOSURES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "too many disclosures: a shorter time is to be said");
    }
    uint64_t *keys = memory_resize(incident->keys, cap, sizeof(*keys));
    if (keys == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "incident");
    }
    incident->keys = keys;
    incident->key_cap = cap;
    return OUTCOME_OK;
}

struct outcome incident_add(struct touched *incident, uint64_t key, uint64_t fields)
{
    if (incident->key_count == incident->key_cap) {
        TRY(grow(incident));
    }
    incident->keys[incident->key_count++] = key;
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        incident->by_field[i] += (fields & FIELD_BIT(i)) != 0 ? 1 : 0;
    }
    return OUTCOME_OK;
}

static int compare_keys(const void *a, const void *b)
{
    const uint64_t *first = a;
    const uint64_t *second = b;
    return *first < *second ? -1 : *first > *second;
}

uint64_t incident_persons(struct touched *incident)
{
    uint64_t persons = 0;
    if (incident->key_count > 0) {
        qsort(incident->keys, incident->key_count, sizeof(uint64_t), compare_keys);
    }
    for (size_t i = 0; i < incident->key_count; i++) {
        persons += i == 0 || incident->keys[i] != incident->keys[i - 1] ? 1 : 0;
    }
    return persons;
}

/* ---- telling ---- */

/* Names with commas between; with counts as JSON members. */
static void put_fields(const struct touched *incident, bool json, struct buf *buf)
{
    const char *between = "";
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        if (incident->by_field[i] > 0 && json) {
            buf_printf(buf, "%s\"%s\":", between, words_name(&words_field, i));
            buf_put_decimal(buf, incident->by_field[i]);
            between = ",";
        } else if (incident->by_field[i] > 0) {
            buf_printf(buf, "%s%s", between, words_name(&words_field, i));
            between = ", ";
        }
    }
}

static void put_time(int64_t time_us, struct buf *buf)
{
    buf_put_text(buf, "\"");
    clock_put_minute(buf, time_us);
    buf_put_text(buf, "\"");
}

/* As in the office (office/incident.c): never later than the record. */
static int64_t detected_us(const struct touched *incident, const struct filter *filter)
{
    bool said = filter->detected_us > 0 && filter->detected_us < incident->opened_us;
    return said ? filter->detected_us : incident->opened_us;
}

static void put_period(const struct filter *filter, struct buf *buf)
{
    struct date from = date_from_days(clock_day_vn(filter->from_us));
    struct date until = date_from_days(clock_day_vn(filter->to_us - 1));
    buf_printf(buf, "%02d/%02d/%04d đến hết ngày %02d/%02d/%04d", from.day, from.month, from.year,
               until.day, until.month, until.year);
}

static void put_draft_authority(const struct touched *incident, const struct filter *filter,
                                uint64_t persons, uint64_t disclosures, struct buf *buf)
{
    struct view account = filter->texts[FILTER_ACCOUNT];
    buf_printf(buf,
               "Kính gửi cơ quan chuyên trách bảo vệ dữ liệu cá nhân. Tài khoản khai thác %.*s bị "
               "nghi sử dụng trái phép từ ngày ",
               (int)account.len, (const char *)account.data);
    put_period(filter, buf);
    buf_put_text(buf, ". Trong thời gian đó tài khoản đã nhận ");
    buf_put_decimal(buf, disclosures);
    buf_put_text(buf, " lượt thông tin của ");
    buf_put_decimal(buf, persons);
    buf_put_text(buf, " công dân, gồm các trường: ");
    put_fields(incident, false, buf);
    buf_put_text(buf, ". Tài khoản đã bị dừng. Sự cố được phát hiện lúc ");
    clock_put_minute(buf, detected_us(incident, filter));
    buf_put_text(buf, "; thông báo này phải được gửi trước ");
    clock_put_minute(buf, detected_us(incident, filter) + NOTICE_US);
    buf_put_text(buf, ". Nguyên nhân, hậu quả và biện pháp khắc phục: [bổ sung].");
}

static void put_draft_persons(const struct touched *incident, const struct filter *filter,
                              struct buf *buf)
{
    buf_put_text(buf, "Kính gửi Ông/Bà [họ tên]. Từ ngày ");
    put_period(filter, buf);
    buf_put_text(buf, ", thông tin của Ông/Bà trong Cơ sở dữ liệu quốc gia về dân cư có thể đã bị "
                      "một đơn vị khai thác xem trái phép, trong các trường: ");
    put_fields(incident, false, buf);
    buf_put_text(buf, ". Việc khai thác qua tài khoản đó đã bị dừng. Ông/Bà cần làm gì và liên hệ "
                      "ai: [bổ sung].");
}

static void put_draft(struct buf *buf, const char *name, const struct buf *draft)
{
    buf_printf(buf, "\"%s\":", name);
    json_put_string(buf, buf_view(draft));
    buf->failed = buf->failed || draft->failed;
}

void incident_put(const struct touched *incident, const struct filter *filter, uint64_t persons,
                  uint64_t disclosures, struct buf *buf)
{
    BUF_AUTO authority;
    BUF_AUTO people;
    buf_init(&authority, DRAFT_BYTES_MAX);
    buf_init(&people, DRAFT_BYTES_MAX);
    put_draft_authority(incident, filter, persons, disclosures, &authority);
    put_draft_persons(incident, filter, &people);
    buf_put_text(buf, "{\"account\":");
    json_put_string(buf, filter->texts[FILTER_ACCOUNT]);
    buf_put_text(buf, ",\"drafts\":{");
    put_draft(buf, "authority", &authority);
    buf_put_text(buf, ",");
    put_draft(buf, "persons", &people);
    buf_put_text(buf, "},\"due\":");
    put_time(detected_us(incident, filter) + NOTICE_US, buf);
    buf_put_text(buf, ",\"fields\":{");
    put_fields(incident, true, buf);
    buf_put_text(buf, "},\"opened\":");
    put_time(incident->opened_us, buf);
    buf_put_text(buf, "}");
}
