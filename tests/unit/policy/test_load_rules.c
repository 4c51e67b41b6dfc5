/* Rows that are well written and cannot be true together: each kind, with the exact place. */
#include "wrong_help.h"

static void a_circular_that_contradicts_itself_is_told(void **state)
{
    (void)state;
    static const struct wrong wrongs[] = {
        {CIRCULAR, "    fields: [birth_date, full_name]\n", "",
         "  - @class: state\n    service: id.map", "an open pair needs `fields`, its ceiling"},
        {CIRCULAR, "fields: [birth_date, full_name]", "fields: []",
         "  - @class: state\n    service: id.map", "an open pair needs `fields`, its ceiling"},
        {CIRCULAR, "    service: own.view\n    open: false\n",
         "    service: own.view\n    open: false\n    fields: [sex]\n",
         "  - @class: state\n    service: own.view", "a closed pair has no `fields`"},
        {CIRCULAR, "    service: own.view\n    open: false\n",
         "    service: own.view\n    open: false\n    number: true\n",
         "  - @class: state\n    service: own.view",
         "only an open search says whether it gives the number"},
        {CIRCULAR, "fields: [birth_date, full_name]", "fields: [birth_date, @cmnd]", NULL,
         "unknown fields `cmnd`"},
        {CIRCULAR, "    services: []\n", "    services: [citizen.lookup]\n",
         "  - @class: citizen\n    notice: deceased", "`citizen.lookup` is not open to `citizen`"},
        {CIRCULAR, "law: citizen_lock\n    clause: [L91]\n    in_force: false",
         "@law: citizen_lock\n    clause: [L91]\n    in_force: true", NULL,
         "law `citizen_lock` cannot be in force on the policy's first day"},
        {CIRCULAR, "from: 2021-05-14\n    until: null", "from: 2021-05-14\n    until: 2021-05-13",
         "  - @law: connection_sharing", "the row ends before it begins"},
        {CIRCULAR, "in_force: false\n    from: 2021-05-14\n    until: null",
         "in_force: true\n    from: 2021-05-14\n    until: 2021-07-07",
         "  - @law: connection_sharing",
         "law `connection_sharing` cannot be in force on the policy's first day"},
        {CIRCULAR, "    opens_channel: guided\n", "", "  - @law: connection_sharing",
         "law `connection_sharing` needs `opens_channel`"},
        {CIRCULAR, "    classes: [organisation, other]\n",
         "    classes: [organisation, other]\n    opens_channel: sms\n", "  - @law: citizen_lock",
         "law `citizen_lock` opens no channel"},
        {CIRCULAR, "    opens_channel: guided\n",
         "    opens_channel: guided\n    overrides: NV-1\n", "  - @law: connection_sharing",
         "law `connection_sharing` is overridden by no business"},
        {CIRCULAR, "  - law: citizen_lock", "  - @law: connection_sharing", NULL,
         "law `connection_sharing` has a second row"},
        {CIRCULAR,
         "  - law: citizen_lock\n"
         "    clause: [L91]\n"
         "    in_force: false\n"
         "    from: 2026-01-01\n"
         "    until: null\n"
         "    classes: [organisation, other]\n"
         "    label_vi: Công dân khóa thông tin của mình đối với tổ chức và đối tượng khác\n"
         "    label_en: Citizens lock their information against organisations and others\n"
         "    note_vi: Quyền phản đối, hạn chế xử lý dữ liệu có từ Luật Bảo vệ dữ liệu cá nhân; "
         "người đã khóa thì không có kết quả, trừ nghiệp vụ được luật cho phép và nêu rõ\n"
         "    note_en: The right to object and restrict comes with the data protection law; a "
         "locked person gives no result, except to a business that the law allows and that says "
         "so\n",
         "", "related_law:\n  @- law", "law `citizen_lock` has no row"},
    };
    CHECK_ALL(wrongs);
}

static void rows_that_lack_in_the_circular_are_told(void **state)
{
    (void)state;
    static const struct wrong wrongs[] = {
        {CIRCULAR, "  - class: other\n    clause: [F4, ND137-8]\n    own_only: false\n",
         "  - class: other\n    clause: [F4, ND137-8]\n    @own: false\n", NULL,
         "unknown word `own`"},
        {FEES, "rates:", "rates: @{}\nx:", NULL, "`rates` must be a list of rows"},
        {CIRCULAR, "\nservices:\n", "\nservices: []\nx:\n", "\n@x:\n", "unknown word `x`"},
        {CIRCULAR,
         "  - channel: guided\n    clause: [S11]\n    needs_instrument: true\n"
         "    label_vi: Phương thức khác do Bộ Công an hướng dẫn (kết nối trực tiếp)\n"
         "    label_en: Another method guided by the Ministry (direct connection)\n",
         "", "channels:\n  @- channel", "channel `guided` has no row"},
        {CIRCULAR,
         "  - class: other\n    clause: [F4, ND137-8]\n    own_only: false\n"
         "    label_vi: Đối tượng khác\n    label_en: Other\n"
         "    who_vi: Tổ chức, cá nhân không thuộc ba nhóm trên\n"
         "    who_en: Everybody who is in none of the three classes above\n",
         "", "classes:\n  @- class", "class `other` has no row"},
        {CIRCULAR,
         "  - service: list.extract\n    clause: [F1, P4]\n"
         "    label_vi: Trích xuất danh sách\n    label_en: Extract a list\n"
         "    what_vi: Trả danh sách công dân theo địa phương, độ tuổi, giới tính; từng danh sách "
         "phải được cán bộ duyệt\n"
         "    what_en: Gives a list of citizens by place, age or sex; an officer approves each "
         "list\n",
         "", "services:\n  @- service", "service `list.extract` has no row"},
        {CIRCULAR,
         "  - class: other\n    service: list.extract\n    open: false\n    clause: [F4, P4]\n"
         "    reason_vi: Không cung cấp hàng loạt ngoài quản lý nhà nước\n"
         "    reason_en: No bulk outside state management\n",
         "", "class_service:\n  @- class", "`other` and `list.extract` have no row"},
        {CIRCULAR,
         "  - class: other\n    notice: under_correction\n    clause: [F4]\n"
         "    services: [citizen.lookup, notice.extract]\n",
         "  - @class: other\n    notice: deceased\n    clause: [F4]\n"
         "    services: [citizen.lookup, notice.extract]\n",
         NULL, "`other` and `deceased` have a second row"},
        {CIRCULAR, "  - class: other\n    service: list.extract\n",
         "  - @class: organisation\n    service: list.extract\n", NULL,
         "`organisation` and `list.extract` have a second row"},
    };
    CHECK_ALL(wrongs);
}

#define LIST(name) "  - {list: " name ", clause: [P1], label_vi: a, label_en: b}\n"
#define NINE_LISTS                                                                                 \
    LIST("a") LIST("b") LIST("c") LIST("d") LIST("e") LIST("f") LIST("g") LIST("h") LIST("i")

static void fields_that_contradict_the_law_are_told(void **state)
{
    (void)state;
    static const struct wrong wrongs[] = {
        {FIELDS, "until: 2024-06-30", "until: 2024-07-01", "  - @catalogue: groups",
         "the row overlaps with the one before it"},
        {FIELDS, "until: 2024-06-30", "until: 2024-06-20", "  - @catalogue: groups",
         "there is a gap of 10 days before this row"},
        {FIELDS, "until: 2024-06-30", "until: 2020-06-30", "  - @catalogue: items",
         "the row ends before it begins"},
        {FIELDS, "in_force: true", "in_force: false", "catalogues:\n  @- catalogue",
         "exactly one catalogue must be in force"},
        {FIELDS, "in_force: false", "in_force: true", "  - @catalogue: groups",
         "catalogue `groups` cannot be in force on the policy's first day"},
        {FIELDS, "- catalogue: groups", "- @catalogue: items", NULL,
         "catalogue `items` has a second row"},
        {FIELDS, "  - field: sex\n", "  - @field: birth_date\n", NULL,
         "field `birth_date` has a second row"},
        {FIELDS, "- field: sex\n    item: 3", "- @field: sex\n    item: 2", NULL,
         "item 2 is `birth_date` already"},
        {FIELDS, "- field: sex\n    item: 3", "- @field: sex\n    item: 19", NULL,
         "`item` must be 1 to 18"},
        {FIELDS, "- field: sex\n    item: 3", "- @field: sex\n    item: 0", NULL,
         "`item` must be 1 to 18"},
        {FIELDS, "    codes: sex\n", "", "  - @field: sex\n",
         "a field of shape `code` needs `codes`"},
        {FIELDS, "    shape: name\n", "    shape: name\n    codes: sex\n", "  - @field: full_name",
         "only a field of shape `code` has `codes`"},
        {FIELDS, "    codes: sex\n", "    codes: s.e_x-1\n", "  - @field: sex\n",
         "unknown code list `s.e_x-1`"},
        {FIELDS, "shape: name", "shape: @nane", NULL, "unknown shape `nane`"},
        {FIELDS, "sensitive: by_law", "sensitive: @maybe", NULL, "unknown sensitive `maybe`"},
        {FIELDS, "- {list: marital_status, clause", "- @{list: sex, clause", NULL,
         "code list `sex` has a second row"},
        {FIELDS, "- {list: sex, code: \"2\"", "- @{list: sex, code: \"1\"", NULL,
         "code `1` of `sex` has a second row"},
        {FIELDS, "- {list: sex, code: \"2\"", "- @{list: sexy, code: \"2\"", NULL,
         "unknown code list `sexy`"},
        {FIELDS, "- {list: death_or_missing, code: \"dead\"",
         "- {list: death_or_missing, code: @\"de/ad\"", NULL,
         "`code` must be a code of letters, digits, `.`, `_` and `-`, not `de/ad`"},
        {FIELDS, "- {list: sex, clause: [QC109]",
         "- {list: extra, clause: [QC109], label_vi: a, label_en: b}\n  - {list: sex, clause: "
         "[QC109]",
         "codes:\n  @- {list: sex, code", "code list `extra` has no codes"},
        {FIELDS, "  - {list: sex, clause", NINE_LISTS "  - {list: sex, clause",
         "  - @{list: religion, clause", "`code_lists` has more than 16 rows"},
        {FIELDS, "- group: 2\n", "- @group: 3\n", NULL, "the group's number must be 2"},
        {FIELDS, "- group: 2\n", "- @group: 2\n    field: full_name\n", NULL,
         "`full_name` is in group 1 already"},
        {FIELDS, "- group: 5\n    field: sex\n", "- group: 5\n", "groups:\n  @- group: 1",
         "field `sex` is in no group"},
        {FIELDS, "- notice: under_correction", "- @notice: deceased", NULL,
         "notice `deceased` has a second row"},
        {FIELDS,
         "  - notice: under_correction\n    clause: [L59-9]\n"
         "    label_vi: Thông tin đang được hiệu chỉnh\n"
         "    label_en: Information is under correction\n",
         "", "notices:\n  @- notice", "notice `under_correction` has no row"},
        {FIELDS,
         "  - field: nationality\n    item: 8\n    shape: country\n    sensitive: no\n"
         "    clause: [L59-9]\n    label_vi: Quốc tịch\n    label_en: Nationality\n",
         "", "\nfields:\n  @- field", "field `nationality` has no row"},
        {FIELDS,
         "  - catalogue: groups\n    clause: [L26-9]\n    from: 2024-07-01\n    until: null\n"
         "    in_force: false\n    label_vi: 26 nhóm thông tin\n    label_en: 26 groups\n",
         "", "catalogues:\n  @- catalogue", "catalogue `groups` has no row"},
    };
    CHECK_ALL(wrongs);
}

static void refusals_without_a_clause_or_a_text_are_told(void **state)
{
    (void)state;
    static const struct wrong wrongs[] = {
        {REFUSALS, "- code: bad_request", "- @code: disclosed", NULL, "`disclosed` is no refusal"},
        {REFUSALS, "- code: not_found", "- @code: bad_request", NULL,
         "code `bad_request` has a second row"},
        {REFUSALS,
         "  - code: too_large\n    technical: true\n    title_vi: Yêu cầu quá lớn\n"
         "    detail_vi: Rút gọn yêu cầu dưới giới hạn của dịch vụ; với nhiều người thì gửi nhiều "
         "yêu cầu.\n"
         "    title_en: The request is too large\n"
         "    detail_en: Bring the request under the service's limit; for many persons send many "
         "requests.\n",
         "", "refusals:\n  @- code", "code `too_large` has no row"},
        {REFUSALS, "- code: internal", "- code: @panic", NULL, "unknown code `panic`"},
        {REFUSALS, "- code: internal\n    technical: true\n", "- @code: internal\n", NULL,
         "a refusal has either `clause` or `technical: true`"},
        {REFUSALS, "- code: internal\n    technical: true\n",
         "- @code: internal\n    technical: false\n", NULL,
         "a refusal has either `clause` or `technical: true`"},
        {REFUSALS, "- code: internal\n    technical: true\n",
         "- @code: internal\n    technical: true\n    clause: [P1]\n", NULL,
         "a refusal has either `clause` or `technical: true`"},
        {REFUSALS, "    detail_en: Try again in a few minutes with the same Idempotency-Key. If",
         "    # If", "  - @code: internal", "`detail_en` is missing"},
    };
    CHECK_ALL(wrongs);
}

static void fees_with_gaps_overlaps_or_doubles_are_told(void **state)
{
    (void)state;
    static const struct wrong wrongs[] = {
        {FEES, "- class: organisation", "- @class: state", NULL, "class `state` has a second row"},
        {FEES,
         "  - class: state\n    pays: false\n    clause: [L59-10, TT48]\n"
         "    reason_vi: Cơ quan khai thác trong phạm vi chức năng, nhiệm vụ không phải trả phí\n"
         "    reason_en: Bodies within their functions are exempt\n",
         "", "payers:\n  @- class", "class `state` has no row"},
        {FEES, "- product: SPDC02", "- @product: SPDC01",
         "- @product: SPDC01\n    clause: [TT48]\n    services: [citizen.lookup",
         "product `SPDC01` has a second row"},
        {FEES, "    channels: [sms]", "    channels: []", "  - @product: SPDC02",
         "product `SPDC02` needs services and channels"},
        {FEES, "services: [citizen.verify, relative.verify]", "services: []",
         "  - @product: SPDC01", "product `SPDC01` needs services and channels"},
        {FEES, "    channels: [sms]", "    channels: [sms, guided]", "  - @product: SPDC04",
         "`SPDC02` and `SPDC04` sell the same service on the same channel"},
        {FEES, "{product: SPDC02, from: 2024-01-01", "@{product: SPDC02, from: 2024-01-02", NULL,
         "there is a gap of 1 days before this row"},
        {FEES, "{product: SPDC02, from: 2024-01-01", "@{product: SPDC02, from: 2023-12-31", NULL,
         "the row overlaps with the one before it"},
        {FEES, "{product: SPDC02, from: 2024-01-01, until: null",
         "@{product: SPDC02, from: 2024-01-01, until: 2030-12-31", NULL,
         "the last rate of `SPDC02` must have `until: null`"},
        {FEES, "{product: SPDC02, from: 2024-01-01, until: null",
         "@{product: SPDC02, from: 2024-01-01, until: 2023-12-31", NULL,
         "the row ends before it begins"},
        {FEES, "{product: SPDC02, from: 2024-01-01", "@{product: SPDC22, from: 2024-01-01", NULL,
         "unknown product `SPDC22`"},
        {FEES, "rates:",
         "  - product: SPDC09\n    clause: [TT48]\n    services: [own.history]\n"
         "    channels: [sms]\n    label_vi: a\n    label_en: b\nrates:",
         "rates:\n  @- {product", "product `SPDC09` has no rate"},
    };
    CHECK_ALL(wrongs);
}

static void a_table_of_authority_that_leaves_a_conflict_open_is_told(void **state)
{
    (void)state;
    static const struct wrong wrongs[] = {
        {SOURCES, "first: registrar, second: civil_status, third: card",
         "first: registrar, third: card", "@{member: full_name",
         "the order of `full_name` has a place that is empty before one that is not"},
        {SOURCES, "first: registrar, second: civil_status, third: card",
         "first: registrar, second: registrar", "@{member: full_name",
         "`registrar` stands twice in the order"},
        {SOURCES, "{member: sex, first", "@{member: birth_date, first", NULL,
         "member `birth_date` has a second row"},
        {SOURCES,
         "  - {member: sex, first: registrar, second: civil_status, third: card, clause: "
         "[L59-9]}\n",
         "", "authority:\n  @- {member", "member `sex` has no row"},
        {SOURCES, "members:\n      [cmnd, blood_group]", "members:\n      [cmnd, religion]",
         "@change: card_issued", "`card` may send `card_issued` and has no rank for `religion`"},
        {SOURCES, "change: moved", "change: died",
         "@change: died\n    sources: [registrar, civil_status]", "change `died` has a second row"},
        {SOURCES, "sources: [protection, registrar]", "sources: []", "@change: protected",
         "change `protected` needs sources and members"},
        {SOURCES, "[protected]", "[]", "@change: protected",
         "change `protected` needs sources and members"},
        {SOURCES,
         "  - change: died\n    sources: [registrar, civil_status]\n    members:\n"
         "      [death_or_missing]\n    clause: [L59-9]\n"
         "    label_vi: Khai tử, tuyên bố chết hoặc mất tích\n"
         "    label_en: Died, or declared dead or missing\n",
         "", "changes:\n  @- change", "change `died` has no row"},
    };
    CHECK_ALL(wrongs);
}

static void texts_that_nobody_can_fill_or_that_tell_too_much_are_told(void **state)
{
    (void)state;
    static const struct wrong wrongs[] = {
        {MESSAGES, "{minutes} phút", "{hours} phút", "  - @{text: code",
         "text `code` has no place `hours`"},
        {MESSAGES, "{minutes} phút", "{minutes phút", "  - @{text: code",
         "text `code` has no place `minutes phút. Không đưa mã này cho ai`"},
        {MESSAGES, "{text: locked,", "{text: help,", "- @{text: help, vi: \"DC TT",
         "text `help` has a second row"},
        {MESSAGES, "  - {text: pin_wrong, vi: \"Sai mã PIN.\", clause: [S7]}\n", "",
         "texts:\n  @- {text: view", "text `pin_wrong` has no row"},
        {MESSAGES, "fields: [birth_date,", "fields: [religion, birth_date,", "told:\n  - @fields",
         "a field is sensitive, or not the citizen's to be given"},
        {MESSAGES, "    clause: [F3, S7]\n\ntexts",
         "    clause: [F3, S7]\n  - fields: [sex]\n    clause: [S7]\n\ntexts", "- @fields: [sex]",
         "what is told has a second row"},
    };
    CHECK_ALL(wrongs);
}

static void tables_of_written_requests_that_leave_somebody_without_an_answer_are_told(void **state)
{
    (void)state;
    static const struct wrong wrongs[] = {
        {WRITTEN, "  - {class: citizen, level: commune, clause: [S8, F3]}\n", "",
         "deciders:\n  @- {class", "class `citizen` has no row without a kind"},
        {WRITTEN, "{class: citizen, level: commune",
         "{class: citizen, kind: person, level: commune", "deciders:\n  @- {class",
         "class `citizen` has no row without a kind"},
        {WRITTEN, "{class: organisation, kind: bailiff", "@{class: organisation, kind: notary",
         NULL, "a row before it decides the same of class `organisation`"},
        {WRITTEN, "{class: organisation, kind: bailiff", "@{class: state, kind: bailiff", NULL,
         "a row before it decides the same of class `state`"},
        {WRITTEN, "{level: province, first", "{level: commune, first",
         "@{level: commune, first: head, second: deputy, third: above, clause: [S8]}\n\n",
         "level `commune` has a second row"},
        {WRITTEN, "{level: national, first: head, second: deputy",
         "@{level: national, first: head, third: deputy", NULL,
         "the order of `national` has a place that is empty before one that is not"},
        {WRITTEN, "{level: national, first: head, second: deputy",
         "@{level: national, first: head, second: head", NULL, "`head` stands twice in the order"},
        {WRITTEN, "  - {level: national, first: head, second: deputy, clause: [S8]}\n", "",
         "approvers:\n  @- {level", "level `national` has no row"},
        {WRITTEN, "letter: grant", "letter: result", "@letter: result\n    label_vi: Văn bản",
         "letter `result` has a second row"},
        {WRITTEN,
         "  - letter: slip\n    label_vi: Giấy tiếp nhận hồ sơ và hẹn trả kết quả\n"
         "    label_en: Receipt with the day of the answer\n    clause: [S8]\n",
         "", "letters:\n  @- letter", "letter `slip` has no row"},
        {WRITTEN, "days: 3", "@days: 0", NULL, "`days` must be 1 to 60, and `warn_days` fewer"},
        {WRITTEN, "days: 3", "@days: 61", NULL, "`days` must be 1 to 60, and `warn_days` fewer"},
        {WRITTEN, "warn_days: 1", "warn_days: 3", "@days: 3",
         "`days` must be 1 to 60, and `warn_days` fewer"},
    };
    CHECK_ALL(wrongs);
}

static void an_appeal_that_no_case_could_keep_is_told(void **state)
{
    (void)state;
    static char vi[600] = "appeal_vi: ";
    static char en[600] = "appeal_en: ";
    memset(vi + strlen(vi), 'x', 257);
    memset(en + strlen(en), 'x', 257);
    const struct wrong wrongs[] = {
        {WRITTEN, "appeal_vi: ", vi, "@days: 3", "the appeal has more than 256 bytes"},
        {WRITTEN, "appeal_en: ", en, "@days: 3", "the appeal has more than 256 bytes"},
    };
    CHECK_ALL(wrongs);
}

static void holidays_out_of_order_or_missing_are_told(void **state)
{
    (void)state;
    static const struct wrong wrongs[] = {
        {HOLIDAYS, "covers_until: 2027-12-31", "covers_until: 2028-12-31",
         "holidays:\n  @- {holiday", "2028 has no `new_year`"},
        {HOLIDAYS, "{holiday: tet, from: 2024-02-08", "{holiday: in_lieu, from: 2024-02-08",
         "holidays:\n  @- {holiday", "2024 has no `tet`"},
        {HOLIDAYS, "covers_from: 2021-01-01", "covers_from: 2028-01-01", "@{holiday: new_year",
         "the day is outside the years covered"},
        {HOLIDAYS, "covers_from: 2021-01-01", "@covers_from: 2020-12-31", NULL,
         "the calendar must cover whole years"},
        {HOLIDAYS, "covers_from: 2021-01-01", "@covers_from: 2020-01-02", NULL,
         "the calendar must cover whole years"},
        {HOLIDAYS, "covers_from: 2021-01-01", "@covers_from: 2020-02-01", NULL,
         "the calendar must cover whole years"},
        {HOLIDAYS, "covers_until: 2027-12-31", "covers_until: 2027-12-30", "@covers_from",
         "the calendar must cover whole years"},
        {HOLIDAYS, "covers_until: 2027-12-31", "covers_until: 2027-11-30", "@covers_from",
         "the calendar must cover whole years"},
        {HOLIDAYS, "from: 2021-04-30, until: 2021-04-30", "from: 2021-04-30, until: 2021-04-29",
         "@{holiday: reunification", "the row ends before it begins"},
        {HOLIDAYS, "from: 2021-04-30, until: 2021-04-30", "from: 2021-04-21, until: 2021-04-30",
         "@{holiday: reunification", "the row is not after the one before it"},
        {HOLIDAYS, "from: 2021-01-01, until: 2021-01-01", "from: 2020-12-31, until: 2021-01-01",
         "@{holiday: new_year", "the day is outside the years covered"},
        {HOLIDAYS, "from: 2027-09-02, until: 2027-09-03", "from: 2027-09-02, until: 2028-09-03",
         "@{holiday: national_day, from: 2027", "the day is outside the years covered"},
        {HOLIDAYS, "{date: 2025-04-26", "@{date: 2024-05-04", NULL,
         "the row is not after the one before it"},
        {HOLIDAYS, "{date: 2024-05-04", "@{date: 2024-05-03", NULL,
         "a make-up day is a covered day outside the working week"},
        {HOLIDAYS, "{date: 2024-05-04", "@{date: 2020-05-02", NULL,
         "a make-up day is a covered day outside the working week"},
        {HOLIDAYS, "{date: 2024-05-04", "@{date: 2024-02-10", NULL, "the make-up day is a holiday"},
        {HOLIDAYS, "working_week: [mon,", "working_week: [@monday,", NULL,
         "unknown working_week `monday`"},
    };
    CHECK_ALL(wrongs);
}

static void a_calendar_that_ends_before_it_begins_is_told(void **state)
{
    (void)state;
    struct set set = set_read();
    struct policy *policy = NULL;
    struct policy_error error;
    set_file(&set, HOLIDAYS)->content =
        VIEW_LITERAL("covers_from: 2022-01-01\ncovers_until: 2021-12-31\nworking_week: [mon]\n"
                     "clause: [BLLD-112]\nholidays: []\nmake_up_days: []\n");
    assert_fault(policy_load(set.files, SET_FILES, &policy, &error), FAULT_BAD_INPUT);
    assert_string_equal(error.text, "holidays.yaml:1:1: the calendar must cover whole years");
    set_done(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_circular_that_contradicts_itself_is_told),
        cmocka_unit_test(rows_that_lack_in_the_circular_are_told),
        cmocka_unit_test(fields_that_contradict_the_law_are_told),
        cmocka_unit_test(refusals_without_a_clause_or_a_text_are_told),
        cmocka_unit_test(fees_with_gaps_overlaps_or_doubles_are_told),
        cmocka_unit_test(a_table_of_authority_that_leaves_a_conflict_open_is_told),
        cmocka_unit_test(texts_that_nobody_can_fill_or_that_tell_too_much_are_told),
        cmocka_unit_test(tables_of_written_requests_that_leave_somebody_without_an_answer_are_told),
        cmocka_unit_test(an_appeal_that_no_case_could_keep_is_told),
        cmocka_unit_test(holidays_out_of_order_or_missing_are_told),
        cmocka_unit_test(a_calendar_that_ends_before_it_begins_is_told),
    };
    return cmocka_run_group_tests_name("policy/load_rules", tests, NULL, NULL);
}
