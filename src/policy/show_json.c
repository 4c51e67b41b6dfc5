/*
 * The policy as JSON: the rows as they were written, with the words of the files. One object, one
 * row a line, so that two versions can be compared line by line.
 */
#include "policy/show.h"

#include "base/clock.h"
#include "wire/json.h"

/* Members of one object; `first` puts no comma before itself. */
struct object {
    struct buf *buf;
    bool first;
};

static void put_name(struct object *object, const char *name)
{
    buf_put_text(object->buf, object->first ? "" : ",");
    object->first = false;
    json_put_string(object->buf, view_text(name));
    buf_put_u8(object->buf, ':');
}

static void put_text(struct object *object, const char *name, const char *text)
{
    put_name(object, name);
    json_put_string(object->buf, view_text(text));
}

static void put_bool(struct object *object, const char *name, bool value)
{
    put_name(object, name);
    buf_put_text(object->buf, value ? "true" : "false");
}

static void put_count(struct object *object, const char *name, uint64_t value)
{
    put_name(object, name);
    buf_put_decimal(object->buf, value);
}

static void put_day(struct object *object, const char *name, int64_t day)
{
    put_name(object, name);
    if (day == POLICY_DAY_OPEN) {
        buf_put_text(object->buf, "null");
        return;
    }
    buf_put_u8(object->buf, '"');
    date_put(object->buf, day);
    buf_put_u8(object->buf, '"');
}

static void put_words(struct object *object, const char *name, const struct words *words,
                      uint64_t mask)
{
    const char *comma = "";

    put_name(object, name);
    buf_put_u8(object->buf, '[');
    for (unsigned word = 0; word < words->count; word++) {
        if ((mask >> word & 1) != 0) {
            buf_put_text(object->buf, comma);
            json_put_string(object->buf, view_text(words_name(words, word)));
            comma = ",";
        }
    }
    buf_put_u8(object->buf, ']');
}

static void put_labels(struct object *object, const char *vi, const char *en)
{
    put_text(object, "label_vi", vi);
    put_text(object, "label_en", en);
}

static void put_reasons(struct object *object, const char *vi, const char *en)
{
    put_text(object, "reason_vi", vi);
    put_text(object, "reason_en", en);
}

static struct object row_begin(struct buf *buf, bool first)
{
    buf_put_text(buf, first ? "\n  {" : ",\n  {");
    return (struct object){.buf = buf, .first = true};
}

static void row_end(struct object *object)
{
    buf_put_u8(object->buf, '}');
}

static void table_begin(struct buf *buf, const char *name)
{
    buf_printf(buf, ",\n\"%s\":[", name);
}

static void table_end(struct buf *buf)
{
    buf_put_text(buf, "\n]");
}

static void put_things(struct buf *buf, const char *table, const char *key, const char *flag,
                       const struct words *words, const struct policy_thing *things)
{
    table_begin(buf, table);
    for (unsigned word = 0; word < words->count; word++) {
        const struct policy_thing *thing = &things[word];
        struct object object = row_begin(buf, word == 0);
        put_text(&object, key, words_name(words, word));
        put_text(&object, "clause", thing->clause);
        if (flag != NULL) {
            put_bool(&object, flag, thing->flag);
        }
        put_labels(&object, thing->label_vi, thing->label_en);
        row_end(&object);
    }
    table_end(buf);
}

static void put_class_channel(const struct policy *policy, struct buf *buf)
{
    table_begin(buf, "class_channel");
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        for (unsigned channel = 0; channel < CHANNEL_COUNT; channel++) {
            const struct policy_cell *cell = &policy->class_channel[class][channel];
            struct object object = row_begin(buf, class == 0 && channel == 0);
            put_text(&object, "class", words_name(&words_class, class));
            put_text(&object, "channel", words_name(&words_channel, channel));
            put_bool(&object, "open", cell->open);
            put_text(&object, "clause", cell->clause);
            row_end(&object);
        }
    }
    table_end(buf);
}

static void put_class_service(const struct policy *policy, struct buf *buf)
{
    table_begin(buf, "class_service");
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        for (unsigned service = 0; service < SERVICE_COUNT; service++) {
            const struct policy_cell *cell = &policy->class_service[class][service];
            struct object object = row_begin(buf, class == 0 && service == 0);
            put_text(&object, "class", words_name(&words_class, class));
            put_text(&object, "service", words_name(&words_service, service));
            put_bool(&object, "open", cell->open);
            put_text(&object, "clause", cell->clause);
            put_words(&object, "fields", &words_field, cell->mask);
            if (service == SERVICE_CITIZEN_SEARCH) {
                put_bool(&object, "number", cell->number);
            }
            put_words(&object, "notices", &words_notice,
                      policy->masks.notices_open[class][service]);
            put_reasons(&object, cell->reason_vi, cell->reason_en);
            row_end(&object);
        }
    }
    table_end(buf);
}

static void put_laws(const struct policy *policy, struct buf *buf)
{
    table_begin(buf, "related_law");
    for (unsigned law = 0; law < LAW_COUNT; law++) {
        const struct policy_law_row *row = &policy->laws[law];
        struct object object = row_begin(buf, law == 0);
        put_text(&object, "law", words_name(&policy_words_law, law));
        put_text(&object, "clause", row->clause);
        put_bool(&object, "in_force", row->in_force);
        put_day(&object, "from", row->from);
        put_day(&object, "until", row->until);
        put_words(&object, "classes", &words_class, row->classes);
        if (row->overrides != NULL) {
            put_text(&object, "overrides", row->overrides);
        }
        put_labels(&object, row->label_vi, row->label_en);
        row_end(&object);
    }
    table_end(buf);
}

static void put_fields(const struct policy *policy, struct buf *buf)
{
    table_begin(buf, "fields");
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        const struct policy_field *row = &policy->fields[field];
        struct object object = row_begin(buf, field == 0);
        put_text(&object, "field", words_name(&words_field, field));
        put_count(&object, "item", row->item);
        put_text(&object, "shape", words_name(&policy_words_shape, row->shape));
        if (row->codes != NULL) {
            put_text(&object, "codes", row->codes);
        }
        put_text(&object, "sensitive", words_name(&policy_words_sensitivity, row->sensitive));
        put_text(&object, "clause", row->clause);
        put_labels(&object, row->label_vi, row->label_en);
        row_end(&object);
    }
    table_end(buf);
    table_begin(buf, "codes");
    for (unsigned i = 0; i < policy->code_count; i++) {
        struct object object = row_begin(buf, i == 0);
        put_text(&object, "list", policy->codes[i].list);
        put_text(&object, "code", policy->codes[i].code);
        put_labels(&object, policy->codes[i].vi, policy->codes[i].en);
        row_end(&object);
    }
    table_end(buf);
}

static void put_refusals(const struct policy *policy, struct buf *buf)
{
    table_begin(buf, "refusals");
    for (unsigned code = CODE_DISCLOSED + 1; code < CODE_COUNT; code++) {
        const struct policy_refusal *row = &policy->refusals[code];
        struct object object = row_begin(buf, code == CODE_DISCLOSED + 1);
        put_text(&object, "code", words_name(&words_code, code));
        put_count(&object, "status", code_status(code));
        put_text(&object, "clause", row->clause);
        put_text(&object, "title_vi", row->title_vi);
        put_text(&object, "detail_vi", row->detail_vi);
        put_text(&object, "title_en", row->title_en);
        put_text(&object, "detail_en", row->detail_en);
        row_end(&object);
    }
    table_end(buf);
}

static void put_fees(const struct policy *policy, struct buf *buf)
{
    table_begin(buf, "payers");
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        const struct policy_payer *row = &policy->payers[class];
        struct object object = row_begin(buf, class == 0);
        put_text(&object, "class", words_name(&words_class, class));
        put_bool(&object, "pays", row->pays);
        put_text(&object, "clause", row->clause);
        put_reasons(&object, row->reason_vi, row->reason_en);
        row_end(&object);
    }
    table_end(buf);
    table_begin(buf, "products");
    for (unsigned i = 0; i < policy->product_count; i++) {
        const struct policy_product *row = &policy->products[i];
        struct object object = row_begin(buf, i == 0);
        put_text(&object, "product", row->product);
        put_text(&object, "clause", row->clause);
        put_words(&object, "services", &words_service, row->services);
        put_words(&object, "channels", &words_channel, row->channels);
        put_labels(&object, row->label_vi, row->label_en);
        row_end(&object);
    }
    table_end(buf);
    table_begin(buf, "rates");
    for (unsigned i = 0; i < policy->rate_count; i++) {
        const struct policy_rate *row = &policy->rates[i];
        struct object object = row_begin(buf, i == 0);
        put_text(&object, "product", row->product);
        put_day(&object, "from", row->from);
        put_day(&object, "until", row->until);
        put_count(&object, "vnd_per_field", row->vnd_per_field);
        put_text(&object, "clause", row->clause);
        row_end(&object);
    }
    table_end(buf);
}

static void put_holidays(const struct policy *policy, struct buf *buf)
{
    table_begin(buf, "holidays");
    for (unsigned i = 0; i < policy->holiday_count; i++) {
        const struct policy_holiday_row *row = &policy->holidays[i];
        struct object object = row_begin(buf, i == 0);
        put_text(&object, "holiday", words_name(&policy_words_holiday, row->holiday));
        put_day(&object, "from", row->from);
        put_day(&object, "until", row->until);
        put_text(&object, "status", words_name(&policy_words_status, row->status));
        put_text(&object, "clause", row->clause);
        row_end(&object);
    }
    table_end(buf);
    table_begin(buf, "make_up_days");
    for (unsigned i = 0; i < policy->make_up_day_count; i++) {
        const struct policy_make_up_day *row = &policy->make_up_days[i];
        struct object object = row_begin(buf, i == 0);
        put_day(&object, "date", row->date);
        put_text(&object, "status", words_name(&policy_words_status, row->status));
        put_text(&object, "clause", row->clause);
        row_end(&object);
    }
    table_end(buf);
}

static void put_sources(const struct policy *policy, struct buf *buf)
{
    table_begin(buf, "changes");
    for (unsigned change = 0; !policy->lacks_sources && change < CHANGE_COUNT; change++) {
        const struct policy_change *row = &policy->changes[change];
        struct object object = row_begin(buf, change == 0);
        put_text(&object, "change", words_name(&words_change, change));
        put_words(&object, "sources", &words_source, row->sources);
        put_words(&object, "members", &words_member, row->members);
        put_text(&object, "clause", row->clause);
        put_text(&object, "label_vi", row->label_vi);
        put_text(&object, "label_en", row->label_en);
        row_end(&object);
    }
    table_end(buf);
    table_begin(buf, "authority");
    for (unsigned member = 0; !policy->lacks_sources && member < MEMBER_COUNT; member++) {
        const struct policy_authority *row = &policy->authorities[member];
        struct object object = row_begin(buf, member == 0);
        put_text(&object, "member", words_name(&words_member, member));
        for (unsigned source = 0; source < SOURCE_COUNT; source++) {
            if (row->ranks[source] != 0) {
                put_count(&object, words_name(&words_source, source), row->ranks[source]);
            }
        }
        put_text(&object, "clause", row->clause);
        row_end(&object);
    }
    table_end(buf);
}

static void put_deciders(const struct policy *policy, struct buf *buf)
{
    table_begin(buf, "deciders");
    for (unsigned i = 0; i < policy->decider_count; i++) {
        const struct policy_decider *row = &policy->deciders[i];
        struct object object = row_begin(buf, i == 0);
        put_text(&object, "class", words_name(&words_class, row->class));
        if (row->kind != NULL) {
            put_text(&object, "kind", row->kind);
        }
        put_text(&object, "level", words_name(&words_level, row->level));
        put_text(&object, "clause", row->clause);
        row_end(&object);
    }
    table_end(buf);
}

static void put_approvers(const struct policy *policy, struct buf *buf)
{
    table_begin(buf, "approvers");
    for (unsigned level = 0; !policy_lacks_written(policy) && level < LEVEL_COUNT; level++) {
        const struct policy_approvers *row = &policy->approvers[level];
        struct object object = row_begin(buf, level == 0);
        put_text(&object, "level", words_name(&words_level, level));
        for (unsigned i = 0; i < APPROVER_COUNT && row->order[i] != APPROVER_COUNT; i++) {
            put_count(&object, words_name(&words_approver, row->order[i]), i + 1);
        }
        put_text(&object, "clause", row->clause);
        row_end(&object);
    }
    table_end(buf);
}

static void put_letters(const struct policy *policy, struct buf *buf)
{
    table_begin(buf, "letters");
    for (unsigned letter = 0; !policy_lacks_written(policy) && letter < LETTER_KIND_COUNT;
         letter++) {
        const struct policy_letter *row = &policy->letters[letter];
        struct object object = row_begin(buf, letter == 0);
        put_text(&object, "letter", words_name(&words_letter_kind, letter));
        put_text(&object, "label_vi", row->label_vi);
        put_text(&object, "label_en", row->label_en);
        put_text(&object, "clause", row->clause);
        row_end(&object);
    }
    table_end(buf);
}

/* One row, or none where the policy lacks it. */
static void put_written(const struct policy *policy, struct buf *buf)
{
    table_begin(buf, "written");
    if (!policy_lacks_written(policy)) {
        const struct policy_written_head *row = &policy->written;
        struct object object = row_begin(buf, true);
        put_count(&object, "days", row->days);
        put_count(&object, "warn_days", row->warn_days);
        put_text(&object, "appeal_vi", row->appeal_vi);
        put_text(&object, "appeal_en", row->appeal_en);
        put_text(&object, "clause", row->clause);
        row_end(&object);
    }
    table_end(buf);
    put_deciders(policy, buf);
    put_approvers(policy, buf);
    put_letters(policy, buf);
}

/* One row, or none where the policy lacks it, as of each text. */
static void put_messages(const struct policy *policy, struct buf *buf)
{
    bool there = !policy_lacks_messages(policy);
    table_begin(buf, "told");
    if (there) {
        struct object object = row_begin(buf, true);
        put_words(&object, "fields", &words_field, policy->told.fields);
        put_text(&object, "clause", policy->told.clause);
        row_end(&object);
    }
    table_end(buf);
    table_begin(buf, "texts");
    for (unsigned text = 0; there && text < POLICY_SMS_COUNT; text++) {
        struct object object = row_begin(buf, text == 0);
        put_text(&object, "text", words_name(&policy_words_sms_text, text));
        put_text(&object, "vi", policy->messages[text].vi);
        put_text(&object, "clause", policy->messages[text].clause);
        row_end(&object);
    }
    table_end(buf);
}

static void put_clauses(const struct policy *policy, struct buf *buf)
{
    table_begin(buf, "clauses");
    for (unsigned i = 0; i < policy->clause_count; i++) {
        const struct policy_clause *row = &policy->clauses[i];
        struct object object = row_begin(buf, i == 0);
        put_text(&object, "id", row->id);
        put_text(&object, "vi", row->vi);
        put_text(&object, "en", row->en);
        row_end(&object);
    }
    table_end(buf);
}

void policy_show_json(const struct policy *policy, struct buf *buf)
{
    struct object head = {.buf = buf, .first = true};

    buf_put_u8(buf, '{');
    put_text(&head, "policy", policy->head.policy);
    put_text(&head, "hash", policy->hash);
    put_day(&head, "effective_from", policy->head.effective_from);
    put_count(&head, "open_pairs", policy->head.open_pairs);
    put_text(&head, "title_vi", policy->head.title_vi);
    put_text(&head, "title_en", policy->head.title_en);
    put_things(buf, "classes", "class", "own_only", &words_class, policy->classes);
    put_things(buf, "channels", "channel", "needs_instrument", &words_channel, policy->channels);
    put_class_channel(policy, buf);
    put_things(buf, "services", "service", NULL, &words_service, policy->services);
    put_class_service(policy, buf);
    put_laws(policy, buf);
    put_fields(policy, buf);
    put_things(buf, "notices", "notice", NULL, &words_notice, policy->notices);
    put_refusals(policy, buf);
    put_fees(policy, buf);
    put_holidays(policy, buf);
    put_sources(policy, buf);
    put_written(policy, buf);
    put_messages(policy, buf);
    put_clauses(policy, buf);
    buf_put_text(buf, "\n}\n");
}
