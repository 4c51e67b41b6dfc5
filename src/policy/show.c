/*
 * The policy as a text that a lawyer can read: who may come which way, for what, to which field,
 * and by which clause. Vietnamese first; English where it is short.
 */
#include "policy/show.h"

#include "base/check.h"
#include "base/clock.h"

#define FIRST_WIDTH 64
#define CELL_WIDTH 20

static void put_date(struct buf *buf, int64_t day)
{
    struct date date = date_from_days(day);
    buf_printf(buf, "%02d/%02d/%04d", date.day, date.month, date.year);
}

/* "từ ... đến ..." */
static void put_span(struct buf *buf, int64_t from, int64_t until)
{
    buf_put_text(buf, "từ ");
    put_date(buf, from);
    if (until != POLICY_DAY_OPEN) {
        buf_put_text(buf, " đến ");
        put_date(buf, until);
    }
}

/* Padded to a width in characters; composed Vietnamese letters are one each. */
static void put_padded(struct buf *buf, const char *text, unsigned width)
{
    unsigned characters = 0;

    for (const char *at = text; *at != '\0'; at++) {
        characters += ((uint8_t)*at & 0xc0) != 0x80;
    }
    buf_put_text(buf, text);
    for (unsigned i = characters; i < width; i++) {
        buf_put_u8(buf, ' ');
    }
    buf_put_u8(buf, ' ');
}

/* Ends a line without blanks at its end. */
static void end_line(struct buf *buf)
{
    while (buf->len > 0 && buf->data[buf->len - 1] == ' ') {
        buf_cut(buf, buf->len - 1);
    }
    buf_put_u8(buf, '\n');
}

static void put_heading(struct buf *buf, unsigned number, const char *text)
{
    buf_printf(buf, "\n%u. %s\n\n", number, text);
}

static void put_class_header(const struct policy *policy, struct buf *buf)
{
    put_padded(buf, "", FIRST_WIDTH);
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        put_padded(buf, policy->classes[class].label_vi, CELL_WIDTH);
    }
    end_line(buf);
}

/* One line: a thing, then for each class whether it is open, and by which clause. */
static void put_matrix_line(struct buf *buf, const char *label, const struct policy_cell *cells,
                            unsigned stride, const char *const by_law[CLASS_COUNT])
{
    put_padded(buf, label, FIRST_WIDTH);
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        const struct policy_cell *cell = &cells[class * stride];
        bool law_opens = !cell->open && by_law[class] != NULL;
        char text[64];
        (void)snprintf(text, sizeof(text), "%s (%.40s)", cell->open || law_opens ? "Có" : "–",
                       law_opens ? by_law[class] : cell->clause);
        put_padded(buf, text, CELL_WIDTH);
    }
    end_line(buf);
}

static void show_head(const struct policy *policy, struct buf *buf)
{
    buf_printf(buf, "%s\n%s\n\n", policy->head.title_vi, policy->head.title_en);
    buf_printf(buf, "Bộ quy định (policy):       %s\n", policy->head.policy);
    buf_put_text(buf, "Hiệu lực từ (effective):    ");
    put_date(buf, policy->head.effective_from);
    buf_printf(buf, "\nMã băm (SHA-256):           %s\n", policy->hash);
}

static void show_channels(const struct policy *policy, struct buf *buf)
{
    put_heading(buf, 1, "Đối tượng và phương thức (class x channel)");
    put_class_header(policy, buf);
    const struct policy_law_row *law = &policy->laws[LAW_CONNECTION_SHARING];
    for (unsigned channel = 0; channel < CHANNEL_COUNT; channel++) {
        const char *by_law[CLASS_COUNT] = {0};
        for (unsigned class = 0; class < CLASS_COUNT; class ++) {
            bool opens =
                law->in_force && law->opens_channel == channel && (law->classes >> class & 1) != 0;
            by_law[class] = opens ? law->clause : NULL;
        }
        put_matrix_line(buf, policy->channels[channel].label_vi, &policy->class_channel[0][channel],
                        CHANNEL_COUNT, by_law);
    }
    buf_printf(buf, "\nSố cặp được mở: %u trên %u\n", (unsigned)policy->head.open_pairs,
               (unsigned)(CLASS_COUNT * CHANNEL_COUNT));
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        buf_printf(buf, "%s: %s (%s)\n", policy->classes[class].label_vi,
                   policy->classes[class].more_vi, policy->classes[class].clause);
    }
}

static void show_services(const struct policy *policy, struct buf *buf)
{
    put_heading(buf, 2, "Đối tượng và dịch vụ (class x service)");
    static const char *const by_law[CLASS_COUNT] = {0};

    put_class_header(policy, buf);
    for (unsigned service = 0; service < SERVICE_COUNT; service++) {
        char label[256];
        (void)snprintf(label, sizeof(label), "[%u] %s", service + 1,
                       policy->services[service].label_vi);
        put_matrix_line(buf, label, &policy->class_service[0][service], SERVICE_COUNT, by_law);
    }
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        buf_printf(buf, "\n%s:\n", policy->classes[class].label_vi);
        for (unsigned service = 0; service < SERVICE_COUNT; service++) {
            const struct policy_cell *cell = &policy->class_service[class][service];
            buf_printf(buf, "  [%u] %s: %s (%s)%s\n", service + 1, cell->open ? "Có" : "Không",
                       cell->reason_vi, cell->clause, cell->number ? "; kèm số định danh" : "");
        }
    }
}

/* "+" may be granted, "!" must be named in the business, "." never. */
static const char *field_mark(const struct policy *policy, unsigned class, unsigned service,
                              unsigned field)
{
    if ((policy->masks.ceiling[class][service] & FIELD_BIT(field)) == 0) {
        return ".";
    }
    return (policy->masks.sensitive & FIELD_BIT(field)) != 0 ? "!" : "+";
}

static void show_fields_of(const struct policy *policy, unsigned class, struct buf *buf)
{
    buf_printf(buf, "\n%s:\n", policy->classes[class].label_vi);
    put_padded(buf, "", FIRST_WIDTH);
    for (unsigned service = 0; service < SERVICE_COUNT; service++) {
        char number[16];
        (void)snprintf(number, sizeof(number), "[%u]", service + 1);
        put_padded(buf, number, 4);
    }
    end_line(buf);
    for (unsigned item = 1; item <= FIELD_COUNT; item++) {
        for (unsigned field = 0; field < FIELD_COUNT; field++) {
            const struct policy_field *row = &policy->fields[field];
            if (row->item != item) {
                continue;
            }
            char label[256];
            (void)snprintf(label, sizeof(label), "%2u %s (%s)", item, row->label_vi, row->clause);
            put_padded(buf, label, FIRST_WIDTH);
            for (unsigned service = 0; service < SERVICE_COUNT; service++) {
                put_padded(buf, field_mark(policy, class, service, field), 4);
            }
            end_line(buf);
        }
    }
}

static void show_fields(const struct policy *policy, struct buf *buf)
{
    put_heading(buf, 3, "Trường thông tin tối đa theo đối tượng và dịch vụ (field ceilings)");
    buf_put_text(buf, "+  nghiệp vụ được cấp khi cần (may be granted)\n"
                      "!  nhạy cảm hoặc là thông tin của người khác: phải nêu rõ trong nghiệp vụ "
                      "(must be named)\n"
                      ".  không bao giờ (never)\n");
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        show_fields_of(policy, class, buf);
    }
}

static void show_notices(const struct policy *policy, struct buf *buf)
{
    put_heading(buf, 4, "Thông báo kèm theo (notices)");
    for (unsigned notice = 0; notice < NOTICE_COUNT; notice++) {
        buf_printf(buf, "%s (%s):\n", policy->notices[notice].label_vi,
                   policy->notices[notice].clause);
        for (unsigned class = 0; class < CLASS_COUNT; class ++) {
            const struct policy_cell *cell = &policy->class_notice[class][notice];
            buf_printf(buf, "  %s:", policy->classes[class].label_vi);
            for (unsigned service = 0; service < SERVICE_COUNT; service++) {
                if ((cell->mask >> service & 1) != 0) {
                    buf_printf(buf, " [%u]", service + 1);
                }
            }
            buf_printf(buf, "%s (%s) %s\n", cell->mask == 0 ? " –" : "", cell->clause,
                       cell->reason_vi);
        }
    }
}

/* The words of a mask, each after a blank. */
static void put_marked(struct buf *buf, const struct words *words, uint64_t mask)
{
    for (unsigned word = 0; word < words->count; word++) {
        if (policy_bit(mask, word)) {
            buf_printf(buf, " %s", words_name(words, word));
        }
    }
}

static void show_laws(const struct policy *policy, struct buf *buf)
{
    put_heading(buf, 5, "Pháp luật liên quan (related law)");
    for (unsigned law = 0; law < LAW_COUNT; law++) {
        const struct policy_law_row *row = &policy->laws[law];
        buf_printf(buf, "%s (%s), ", row->label_vi, row->clause);
        put_span(buf, row->from, row->until);
        buf_printf(buf, ": %s\n  %s\n", row->in_force ? "đang áp dụng" : "chưa áp dụng",
                   row->note_vi);
        if (row->overrides != NULL) {
            buf_printf(buf, "  Nghiệp vụ không bị khóa (overrides): %s\n", row->overrides);
        }
    }
    for (unsigned i = 0; i < CATALOGUE_COUNT; i++) {
        const struct policy_catalogue_row *row = &policy->catalogues[i];
        buf_printf(buf, "%s (%s), ", row->label_vi, row->clause);
        put_span(buf, row->from, row->until);
        buf_printf(buf, ": %s\n", row->in_force ? "đang áp dụng" : "chưa áp dụng");
    }
}

static void show_refusals(const struct policy *policy, struct buf *buf)
{
    put_heading(buf, 6, "Từ chối và lỗi (refusals)");
    for (unsigned code = CODE_DISCLOSED + 1; code < CODE_COUNT; code++) {
        const struct policy_refusal *row = &policy->refusals[code];
        buf_printf(buf, "%u %s (%s)\n  %s. %s\n  %s. %s\n", code_status(code),
                   words_name(&words_code, code), row->technical ? "kỹ thuật" : row->clause,
                   row->title_vi, row->detail_vi, row->title_en, row->detail_en);
    }
}

static void show_fees(const struct policy *policy, struct buf *buf)
{
    put_heading(buf, 7, "Phí (fees), đồng cho mỗi trường thông tin");
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        const struct policy_payer *row = &policy->payers[class];
        buf_printf(buf, "%s: %s (%s)\n", policy->classes[class].label_vi, row->reason_vi,
                   row->clause);
    }
    for (unsigned i = 0; i < policy->product_count; i++) {
        const struct policy_product *product = &policy->products[i];
        buf_printf(buf, "%s %s (%s)\n", product->product, product->label_vi, product->clause);
        for (unsigned k = 0; k < policy->rate_count; k++) {
            const struct policy_rate *rate = &policy->rates[k];
            if (strcmp(rate->product, product->product) == 0) {
                buf_put_text(buf, "  ");
                put_span(buf, rate->from, rate->until);
                buf_printf(buf, ": %u\n", (unsigned)rate->vnd_per_field);
            }
        }
    }
}

static void show_holidays(const struct policy *policy, struct buf *buf)
{
    put_heading(buf, 8, "Ngày nghỉ lễ (holidays)");
    buf_put_text(buf, "Lịch có ");
    put_span(buf, policy->calendar.covers_from, policy->calendar.covers_until);
    buf_printf(buf, " (%s)\n", policy->calendar.clause);
    for (unsigned i = 0; i < policy->holiday_count; i++) {
        const struct policy_holiday_row *row = &policy->holidays[i];
        put_span(buf, row->from, row->until);
        buf_printf(buf, "  %s, %s (%s)\n", words_name(&policy_words_holiday, row->holiday),
                   words_name(&policy_words_status, row->status), row->clause);
    }
    for (unsigned i = 0; i < policy->make_up_day_count; i++) {
        const struct policy_make_up_day *row = &policy->make_up_days[i];
        put_date(buf, row->date);
        buf_printf(buf, "  làm bù (make-up day), %s (%s)\n",
                   words_name(&policy_words_status, row->status), row->clause);
    }
}

static void show_sources(const struct policy *policy, struct buf *buf)
{
    put_heading(buf, 9, "Nguồn thay đổi (sources of changes)");
    if (policy->lacks_sources) {
        buf_put_text(buf, "chưa có (none yet)\n");
        return;
    }
    for (unsigned change = 0; change < CHANGE_COUNT; change++) {
        const struct policy_change *row = &policy->changes[change];
        buf_printf(buf, "%s %s (%s):", words_name(&words_change, change), row->label_vi,
                   row->clause);
        put_marked(buf, &words_source, row->sources);
        buf_put_text(buf, "\n  ");
        put_marked(buf, &words_member, row->members);
        buf_put_text(buf, "\n");
    }
    for (unsigned member = 0; member < MEMBER_COUNT; member++) {
        const struct policy_authority *row = &policy->authorities[member];
        put_padded(buf, words_name(&words_member, member), 26);
        const char *between = "";
        for (unsigned i = 0; i < POLICY_AUTHORITIES_MAX; i++) {
            if (row->ranks[row->order[i]] == i + 1) {
                buf_printf(buf, "%s%s", between, words_name(&words_source, row->order[i]));
                between = " > ";
            }
        }
        buf_printf(buf, " (%s)\n", row->clause);
    }
}

static void show_approvers(const struct policy_approvers *row, struct buf *buf)
{
    const char *between = "";

    buf_printf(buf, "%s: ", words_name(&words_level, row->level));
    for (unsigned i = 0; i < APPROVER_COUNT && row->order[i] != APPROVER_COUNT; i++) {
        buf_printf(buf, "%s%s", between, words_name(&words_approver, row->order[i]));
        between = " > ";
    }
    buf_printf(buf, " (%s)\n", row->clause);
}

static void show_written(const struct policy *policy, struct buf *buf)
{
    put_heading(buf, 10, "Văn bản yêu cầu (written requests)");
    if (policy_lacks_written(policy)) {
        buf_put_text(buf, "chưa có (none yet)\n");
        return;
    }
    buf_printf(buf, "%u ngày làm việc (working days), nhắc trước (warned before) %u (%s)\n  %s\n",
               (unsigned)policy->written.days, (unsigned)policy->written.warn_days,
               policy->written.clause, policy->written.appeal_vi);
    for (unsigned i = 0; i < policy->decider_count; i++) {
        const struct policy_decider *row = &policy->deciders[i];
        buf_printf(buf, "%s %s: %s (%s)\n", words_name(&words_class, row->class),
                   row->kind == NULL ? "*" : row->kind, words_name(&words_level, row->level),
                   row->clause);
    }
    for (unsigned level = 0; level < LEVEL_COUNT; level++) {
        show_approvers(&policy->approvers[level], buf);
    }
    for (unsigned letter = 0; letter < LETTER_KIND_COUNT; letter++) {
        const struct policy_letter *row = &policy->letters[letter];
        buf_printf(buf, "%s %s (%s)\n", words_name(&words_letter_kind, letter), row->label_vi,
                   row->clause);
    }
}

static void show_messages(const struct policy *policy, struct buf *buf)
{
    put_heading(buf, 11, "Tin nhắn (messages)");
    if (policy_lacks_messages(policy)) {
        return;
    }
    buf_put_text(buf, "DC TT: ");
    put_marked(buf, &words_field, policy->told.fields);
    buf_printf(buf, " (%s)\n", policy->told.clause);
    for (unsigned text = 0; text < POLICY_SMS_COUNT; text++) {
        put_padded(buf, words_name(&policy_words_sms_text, text), 16);
        buf_printf(buf, "%s (%s)\n", policy->messages[text].vi, policy->messages[text].clause);
    }
}

static void show_clauses(const struct policy *policy, struct buf *buf)
{
    put_heading(buf, 12, "Điều khoản (clauses)");
    for (unsigned i = 0; i < policy->clause_count; i++) {
        const struct policy_clause *row = &policy->clauses[i];
        put_padded(buf, row->id, 9);
        buf_printf(buf, "%s\n          %s\n", row->vi, row->en);
    }
}

void policy_show(const struct policy *policy, bool json, struct buf *buf)
{
    if (json) {
        policy_show_json(policy, buf);
        return;
    }
    show_head(policy, buf);
    show_channels(policy, buf);
    show_services(policy, buf);
    show_fields(policy, buf);
    show_notices(policy, buf);
    show_laws(policy, buf);
    show_refusals(policy, buf);
    show_fees(policy, buf);
    show_holidays(policy, buf);
    show_sources(policy, buf);
    show_written(policy, buf);
    show_messages(policy, buf);
    show_clauses(policy, buf);
}
