"""What somebody may try against the desk, and which tests hold it off. No row without a test that exists."""

import re
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parent
HELD: Final[dict[str, tuple[str, ...]]] = {
    "a token or link is used again after it was ended, used up or renewed": (
        "core/desk/test_screen_route.py::test_a_token_that_was_ended_opens_nothing_a_second_later",
        "core/desk/test_screens.py::test_a_revoked_screen_is_closed_at_once_and_a_renewed_one_has_another_token",
        "core/desk/test_people.py::test_a_link_sets_a_password_once_and_within_a_day",
        "browser/test_sign_in.py::test_a_screen_s_link_opens_this_screen_and_nothing_else",
    ),
    "a session is used again after its end, or its cookie is stolen, made up or planted": (
        "ui/web/test_gate.py::test_a_session_that_ended_opens_nothing",
        "ui/web/test_gate.py::test_a_made_up_cookie_opens_nothing",
        "ui/web/test_sign_in.py::test_signing_in_gives_a_new_session_whatever_the_browser_held",
        "browser/test_sign_in.py::test_signing_out_ends_every_page_of_the_session_and_the_cookie_opens_nothing",
    ),
    "passwords, tokens and links are guessed": (
        "core/desk/test_sessions.py::test_wrong_passwords_lock_the_account_longer_and_longer",
        "core/desk/test_sessions.py::test_every_refusal_takes_the_work_of_one_hash",
        "ui/web/test_sign_in.py::test_who_guesses_has_to_wait_and_others_do_not",
        "ui/web/test_sign_in.py::test_every_refusal_reads_the_same",
        "core/desk/test_screen_route.py::test_who_guesses_is_slowed_down_even_with_the_right_token",
        "core/desk/test_screen_route.py::test_guesses_in_a_day_are_few",
    ),
    "a screen's token is tried on anything else": (
        "ui/web/test_gate.py::test_the_token_of_a_screen_opens_the_screen_and_nothing_else",
        "browser/test_screen.py::test_the_token_stands_in_no_address_but_the_page_s_own",
    ),
    "another shop is read by a link, a number or a file": (
        "core/desk/test_cross_shop.py::test_nobody_reads_of_a_shop_that_is_not_theirs",
        "core/desk/test_cross_shop.py::test_a_file_of_another_shop_is_refused_without_its_name",
        "pages/test_roles.py::test_a_link_to_another_shop_is_a_link_to_nothing",
        "pages/test_roles.py::test_the_pages_of_one_shop_s_people_hold_no_trace_of_another",
        "core/test_cli_roles.py::test_a_person_of_one_shop_sees_and_imports_it_alone",
    ),
    "values are sent for widgets that are greyed out or were drawn before": (
        "pages/test_roles.py::test_a_button_is_offered_by_the_table_and_pressing_it_all_the_same_writes_nothing",
        "pages/test_roles.py::test_what_arrives_from_a_page_that_was_drawn_before_is_refused_in_one_sentence",
    ),
    "a role is made up, or kept after it was taken away": (
        "core/desk/test_roles.py::test_a_use_case_asks_the_role_as_the_table_says",
        "pages/test_roles.py::test_without_a_role_every_page_says_so_and_nothing_else",
        "core/desk/test_sessions.py::test_an_open_page_ends_when_the_person_may_no_longer_what_it_offers",
        "core/test_cli_roles.py::test_a_command_asks_the_role",
    ),
    "an account of a provider is claimed": (
        "browser/test_provider.py::test_another_account_with_the_same_address_does_not",
        "browser/test_provider.py::test_a_token_for_somebody_else_does_not",
        "browser/test_provider.py::test_a_callback_that_nobody_asked_for_opens_nothing",
    ),
    "script stands in every text of an import, of a name, of the sign-in": (
        "browser/test_stored_script.py::test_script_in_every_text_is_shown_as_text_and_runs_nowhere",
        "pages/test_imports.py::test_text_from_a_file_is_shown_as_text",
        "ui/web/test_sign_in.py::test_script_in_every_field_stays_text",
        "ui/test_text.py::test_text_from_files_cannot_fill_places_or_speak_markdown",
    ),
    "texts are SQL": ("core/desk/test_orders.py::test_what_looks_like_sql_is_a_text_wherever_it_stands",),
    "cells are formulas": (
        "core/desk/test_exports.py::test_a_text_that_looks_like_a_formula_gets_an_apostrophe",
        "core/desk/test_exports.py::test_a_copy_is_as_safe_as_a_file",
        "browser/test_links.py::test_no_table_offers_a_download_that_is_not_ours",
    ),
    "a name of a file is a path": (
        "core/desk/test_jobs.py::test_a_job_tells_its_rows_and_ends_with_its_import_and_without_the_upload",
        "core/desk/test_watch.py::test_links_hidden_files_and_folders_are_left_alone",
        "core/desk/test_backup.py::test_what_is_no_whole_backup_touches_nothing",
    ),
    "files are too big, unpack to too much, are too many, or come from nobody": (
        "core/desk/test_jobs.py::test_of_many_files_few_are_read_at_once_and_the_oldest_go_first",
        "core/desk/test_import_choices.py::test_a_file_above_the_set_limits_is_refused_before_it_is_read",
        "core/intake/test_reading.py::test_what_harms_is_refused_with_a_sentence",
        "core/intake/test_fuzz.py::test_some_mutated_samples_are_read_or_refused",
        "ui/web/test_gate.py::test_everything_else_needs_a_session",
        "ui/web/test_sign_in.py::test_what_is_no_form_is_refused_kindly",
    ),
    "the sign-in is made to lead elsewhere, or its form comes from elsewhere": (
        "ui/web/test_sign_in.py::test_nobody_is_led_out_of_the_house",
        "ui/web/test_sign_in.py::test_a_form_from_elsewhere_is_refused",
    ),
    "a proxy, a host name or an address is forged": (
        "ui/web/test_gate.py::test_only_a_proxy_that_is_named_speaks_for_a_browser",
        "ui/web/test_server.py::test_a_real_server_refuses_what_is_not_local",
        "ui/web/test_server.py::test_a_real_server_refuses_websockets_that_are_not_local",
    ),
    "the record is written anew, cut or swapped in the database": (
        "core/store/test_chain.py::test_swapped_rows_are_found",
        "pages/test_record.py::test_an_admin_verifies_and_hears_of_a_changed_row",
    ),
    "secrets are looked for in logs and pages": (
        "ui/web/test_sign_in.py::test_no_secret_is_logged_or_shown",
        "core/desk/test_people.py::test_every_step_stands_in_the_record_and_no_secret_does",
    ),
    "wiped data is looked for in tables, files and later imports": (
        "core/desk/test_privacy_marks.py::test_every_mark_goes_from_every_table_and_every_file",
        "core/desk/test_privacy.py::test_no_file_brings_a_wiped_buyer_back_and_each_is_counted",
        "core/desk/test_backup.py::test_what_was_wiped_since_the_backup_stays_wiped",
    ),
}
"""What is tried -> the tests, by their file and name."""


@pytest.mark.parametrize("attack", HELD)
def test_every_attack_has_tests_that_exist(attack: str) -> None:
    for place in HELD[attack]:
        file, name = place.split("::")
        assert re.search(rf"^def {name}\(", (TESTS / file).read_text("utf-8"), re.MULTILINE), place
