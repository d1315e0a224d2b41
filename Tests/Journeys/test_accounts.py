# SPDX-License-Identifier: Apache-2.0
"""Accounts in the browser: the first one after the host link, signing in and out, one's own and those of others."""

from playwright.sync_api import Page, expect

from conftest import Arrive
from person import Person, answer
from server import Server

PASSWORD = "a quiet lake"


def create_first_account(host: Person, server: Server) -> None:
    """Goes from the host link to the first account, as an operator does on the first day."""
    page = host.page
    page.goto(server.host_link())
    page.get_by_role("link", name="Create the first account").click()
    fill_new_account(page, "Dr. Robin Vale", "robin@example.org", "Physiotherapist")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("navigation", name="Dashboard")).to_be_visible()


def fill_new_account(page: Page, name: str, email: str, title: str = "") -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Profession or position (if you like)").fill(title)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)


def sign_in(person: Person, email: str, password: str = PASSWORD, path: str = "/login") -> None:
    person.page.goto(person.origin + path)
    person.page.get_by_label("E-mail").fill(email)
    person.page.get_by_label("Password").fill(password)
    person.page.get_by_role("button", name="Sign in").click()


def test_the_host_creates_the_first_account_and_signs_in_elsewhere(arrive: Arrive, fragile_server: Server):
    robin = arrive("Robin", server=fragile_server)
    create_first_account(robin, fragile_server)

    phone = arrive("Robin", server=fragile_server)
    phone.page.goto(f"{phone.origin}/dashboard")
    expect(phone.page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(phone, "robin@example.org", "a wrong lake", "/login?next=/account")
    expect(phone.page.get_by_text("do not belong together")).to_be_visible()
    phone.page.get_by_label("Password").fill(PASSWORD)
    phone.page.keyboard.press("Enter")
    expect(phone.page.get_by_role("heading", name="Your account")).to_be_visible()
    phone.page.get_by_role("button", name="Sign out").click()
    expect(phone.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_page_after_signing_in_is_one_of_ours(arrive: Arrive, fragile_server: Server):
    robin = arrive("Robin", server=fragile_server)
    create_first_account(robin, fragile_server)
    for address in ["https://example.org/", "//example.org/", "/\\example.org"]:
        robin.page.goto(f"{robin.origin}/login?next={address}")
        expect(robin.page.get_by_role("navigation", name="Dashboard")).to_be_visible()
        assert robin.page.url.startswith(robin.origin)


def test_an_account_changes_its_name_zone_and_password(arrive: Arrive, fragile_server: Server):
    robin = arrive("Robin", server=fragile_server)
    create_first_account(robin, fragile_server)
    page = robin.page
    page.goto(f"{robin.origin}/account")
    page.get_by_label("Name", exact=True).fill("Robin Vale")
    page.get_by_label("Your time zone").select_option("Asia/Tokyo")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Robin Vale")
    expect(page.get_by_label("Your time zone")).to_have_value("Asia/Tokyo")

    page.get_by_label("Present password").fill("not that")
    page.get_by_label("New password").fill("a louder lake")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("The present password is wrong.")).to_be_visible()
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Password changed")).to_be_visible()
    elsewhere = arrive("Robin", server=fragile_server)
    sign_in(elsewhere, "robin@example.org", "a louder lake")
    expect(elsewhere.page.get_by_role("navigation", name="Dashboard")).to_be_visible()


def test_an_administrator_adds_locks_and_deletes_people(arrive: Arrive, fragile_server: Server):
    robin = arrive("Robin", server=fragile_server)
    create_first_account(robin, fragile_server)
    page = robin.page
    page.goto(f"{robin.origin}/account")
    page.get_by_role("link", name="Server").click()
    page.get_by_role("link", name="Accounts").click()
    page.get_by_role("button", name="Add somebody").click()
    fill_new_account(page, "Sam Ford", "sam@example.org")
    page.get_by_role("combobox", name="Role", exact=True).select_option("host")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_label("Role of Sam Ford")).to_have_value("host")

    sam = arrive("Sam", server=fragile_server)
    sign_in(sam, "sam@example.org")
    expect(sam.page.get_by_role("heading", name="Your account")).to_be_visible()
    expect(sam.page.get_by_role("heading", name="People")).to_have_count(0)

    page.get_by_role("button", name="Lock the account of Sam Ford").click()
    expect(page.get_by_role("button", name="Unlock the account of Sam Ford")).to_be_visible()
    sam.page.reload()
    expect(sam.page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("button", name="Delete the account of Sam Ford").click()
    answer(page, "Delete the account of Sam Ford?", "Delete")
    expect(page.get_by_label("Role of Sam Ford")).to_have_count(0)
