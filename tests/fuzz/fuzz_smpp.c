/*
 * SMPP units and the texts in them: whatever the bytes, the reading stays inside them, what is
 * accepted is written again as the same, and a text that was read is sent and read as itself.
 */
#include "base/check.h"
#include "wire/sms_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lies_in(struct view part, struct view whole)
{
    return part.len == 0 ||
           (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

/* Sent in parts and put together, it is what it was. */
static void check_sending(struct view text)
{
    struct sms_plan plan;
    BUF_AUTO joined;
    buf_init(&joined, 4 * SMS_TEXT_BYTES_MAX);

    if (text.len == 0 || !outcome_ok(sms_text_plan(text, &plan))) {
        return;
    }
    for (unsigned number = 1; number <= plan.parts; number++) {
        BUF_AUTO bytes;
        struct sms_part part;
        buf_init(&bytes, SMPP_PDU_BYTES_MAX);
        sms_text_put(text, &plan, number, 7, &bytes);
        struct smpp_message message = {.text = buf_view(&bytes),
                                       .coding = plan.coding,
                                       .esm_class = plan.parts > 1 ? SMPP_CLASS_HEADER : 0};
        CHECK(outcome_ok(sms_part_get(&message, &part)));
        CHECK(part.count == plan.parts && part.number == number);
        CHECK(part.count == 1 || part.reference == 7);
        CHECK(outcome_ok(sms_text_get(part.text, plan.coding, &joined)));
    }
    CHECK(view_equal(buf_view(&joined), text));
}

static void check_text(const struct smpp_message *message)
{
    struct sms_part part;
    BUF_AUTO text;
    buf_init(&text, SMS_TEXT_BYTES_MAX);

    if (!outcome_ok(sms_part_get(message, &part))) {
        return;
    }
    CHECK(part.number >= 1 && part.number <= part.count && part.count <= SMS_PARTS_MAX);
    CHECK(lies_in(part.text, message->text));
    if (outcome_ok(sms_text_get(part.text, message->coding, &text))) {
        CHECK(utf8_valid(buf_view(&text)));
        check_sending(buf_view(&text));
    }
}

/* Written again and read again, it says the same. */
static void check_message(const struct smpp_message *message)
{
    struct smpp_header header;
    struct smpp_message again;
    BUF_AUTO bytes;
    buf_init(&bytes, 2 * SMPP_PDU_BYTES_MAX);

    smpp_put_message(&bytes, SMPP_DELIVER, 9, message);
    if (bytes.len > SMPP_PDU_BYTES_MAX) { /* it was at the brim without what we always write */
        return;
    }
    CHECK(outcome_ok(smpp_peek(buf_view(&bytes), &header)));
    CHECK(header.bytes == bytes.len && header.sequence == 9);
    struct view body =
        view_part(buf_view(&bytes), SMPP_HEADER_BYTES, bytes.len - SMPP_HEADER_BYTES);
    CHECK(outcome_ok(smpp_get_message(body, &again)));
    CHECK(view_equal(again.source, message->source) && view_equal(again.text, message->text));
    CHECK(view_equal(again.destination, message->destination));
    CHECK(view_equal(again.validity, message->validity));
    CHECK(again.coding == message->coding && again.esm_class == message->esm_class);
    CHECK(again.has_reference == message->has_reference && again.reference == message->reference);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view all = view_of(data, size);
    struct smpp_header header;
    struct smpp_message message;
    struct view name;

    if (!outcome_ok(smpp_peek(all, &header))) {
        return 0;
    }
    CHECK(header.bytes >= SMPP_HEADER_BYTES && header.bytes <= size);
    struct view body = view_part(all, SMPP_HEADER_BYTES, header.bytes - SMPP_HEADER_BYTES);
    if (outcome_ok(smpp_get_name(body, SMPP_ID_BYTES_MAX, &name))) {
        CHECK(lies_in(name, body) && name.len <= SMPP_ID_BYTES_MAX);
    }
    (void)outcome_ok(smpp_get_nothing(body));
    if (!outcome_ok(smpp_get_message(body, &message))) {
        return 0;
    }
    CHECK(lies_in(message.source, body) && lies_in(message.text, body));
    CHECK(lies_in(message.receipted_id, body) && message.receipted_id.len <= SMPP_ID_BYTES_MAX);
    (void)smpp_receipt_value(message.text, "stat:");
    check_message(&message);
    check_text(&message);
    return 0;
}
