-- Least privilege, stated anew at each set-up: whatever is not granted here is refused (A10, B5).
revoke all on all tables in schema public from public, werda_gate, werda_desk, werda_custody, werda_signup, werda_portal;
revoke all on all functions in schema public from public, werda_gate, werda_desk, werda_custody, werda_signup, werda_portal;
revoke all on all sequences in schema public from public, werda_gate, werda_desk, werda_custody, werda_signup, werda_portal;
revoke create on schema public from public;
grant usage on schema public to werda_gate, werda_desk, werda_custody, werda_signup, werda_portal;

-- The gate executes and reads nothing.
do $$
declare f regprocedure;
begin
    for f in select p.oid::regprocedure from pg_proc p
             where p.pronamespace = 'public'::regnamespace
               and p.proname = any (array['identify', 'verify', 'verify_once', 'call_arrived', 'hand_over', 'call_answered', 'redeem',
                                          'lift_grant', 'granted_entry', 'call_ended', 'gate_brands', 'gate_policies',
                                          'gate_asserting_trunks', 'gate_api_key', 'gate_traffic', 'gate_alarms', 'gate_incidents_due', 'open_lane',
                                          'brand_of_call', 'confirmed_call', 'lift_confirmed'])
    loop
        execute format('grant execute on function %s to werda_gate', f);
    end loop;
end $$;

-- The desk: its own logins, brands and policies; customers through row security; never a secret, sealed or keyed.
grant select on brand, policy_version, live_call, customer, line, sim_profile, call_grant, attempt, event to werda_desk;
grant select, insert on call_note to werda_desk;
grant execute on function granted_customer(bigint, bigint), granted_call(bigint), wrap_up(bigint) to werda_desk;
-- Logins are made and ended by `werda agent`. The desk notes when somebody came, keeps their session, and takes a second
-- factor from whoever has none; it gives nobody a password, a brand or another authenticator (A10).
grant select on agent, agent_groups, agent_user_permissions, auth_group, auth_group_permissions, auth_permission,
    django_content_type, account_emailaddress to werda_desk;
grant update (last_login) on agent to werda_desk;
grant select, insert, update on mfa_authenticator to werda_desk;  -- the trigger keep_authenticator says of what
grant select, insert, update, delete on django_session, django_cache to werda_desk;
grant usage on sequence webhook_endpoint_id_seq to werda_custody;  -- numbers an endpoint before its row; identity columns ask for none

-- Custody: imports, demo, later portal and documents. It writes no attempt and gives no grant.
grant select, insert, update, delete on customer, line, sim_profile, sealed_secret, credential, import_run to werda_custody;
grant select on brand, dialled_number, policy_version, budget, attempt, call, trunk, key_canary to werda_custody;
grant select, insert on event to werda_custody;
grant select on call_grant to werda_custody;  -- an operation asks whether the agent's grant still lives; it gives none
grant select, insert, delete on customer_lock to werda_custody;
grant select, insert, update on operator_order, outbox_message to werda_custody;
grant select, insert, update, delete on notice, letter, webhook_endpoint, intake_reply to werda_custody;
grant select on code_holders to werda_custody;  -- the counts change through the functions only
grant execute on function analyze_imported(), clear_budgets(bigint[]), customers_of(bigint, timestamptz),
    tally_codes(bigint, bigint, bytea[], int[]), hold_code_holders(), gate_api_key(bigint), lock_budgets(bigint[]),
    recount_codes(bigint, bytea[], bigint[], int[]),
    take_code_places(bigint, bigint, bigint[], bytea[], int[], bigint, bytea) to werda_custody;
grant select, insert, delete on ordered_code to werda_custody;
grant select, delete on order_draft to werda_custody;
grant select on tariff_version to werda_custody;

-- Sign-up: brands, what they sell, drafts; it puts orders in and reads back no more than which one it was. Of customers,
-- calls, attempts and secrets it sees nothing; how many hold a code is a number beside a keyed value (B3).
grant select on brand, policy_version, tariff_version, code_holders to werda_signup;
grant select, insert, update, delete on order_draft to werda_signup;
grant insert on operator_order, outbox_message, ordered_code to werda_signup;
grant select (id, public_id, brand_id, idempotency_key) on operator_order to werda_signup;
grant execute on function customers_of(bigint, timestamptz) to werda_signup;

-- One-time codes: custody gives, prints and destroys them, the gate compares and consumes them by verify_once alone. The desk
-- may unlock under a grant that a letter code opened, and nothing else (C2).
grant select, insert, update, delete on one_time_code, one_time_tries to werda_custody;
grant execute on function lift_lockout(bigint, bigint, bigint, text, bigint, text, timestamptz) to werda_custody;
grant execute on function lift_lockout_by_grant() to werda_desk;

-- Limits of whatever can be tried without being somebody.
grant execute on function within_limit(text, text, int, float8) to werda_gate, werda_desk, werda_signup, werda_portal, werda_custody;
grant execute on function give_back(text, text) to werda_desk;

-- Key rings: each process says which it holds and is told the canaries, the worker makes anew what lies under a former
-- key. Only the owner rotates.
grant execute on function hold_ring(text, bigint[], bigint), let_ring_go(text, bigint[], bigint)
    to werda_gate, werda_desk, werda_signup, werda_portal, werda_custody;
grant update (code, code_key_id) on order_draft to werda_custody;
grant update (key_id, ciphertext) on ordered_code to werda_custody;

-- What guards against guessing (C5, C6): the worker removes old sums; only the gate's functions write any.
grant select, delete on traffic, wrong_values to werda_custody;
grant select, insert, update on alarm to werda_custody;
grant select on alarm to werda_desk;
-- Retention: custody erases attempts, events, calls and messages through these functions only, which leave the hashes (A9).
grant execute on function erase_attempts(bigint, int, bigint[], timestamptz[], timestamptz),
    erase_events(bigint, text, timestamptz, timestamptz, int, timestamptz),
    erase_calls(bigint, bigint, timestamptz, int), erase_orders(bigint, bigint, timestamptz, int),
    erase_messages(bigint, timestamptz, int), erase_incident(bigint, timestamptz),
    erase_records_of(bigint, timestamptz) to werda_custody;
-- `werda retention show` tells what is due and what incidents hold; these read with the caller's own rights.
grant execute on function incidents_of(bigint, bigint, timestamptz), incidents_of(attempt), incidents_of(event),
    incidents_of(call), incidents_of(operator_order), order_kept_from(operator_order) to werda_custody;
grant select on lane to werda_custody;  -- erasing walks through the lanes

-- The seal: the worker appends to it. Nobody but the owner changes or removes anything, and who does is found out.
grant select, insert on event_batch, event_seal, seal_leaf, sealed_checkpoint to werda_custody;
grant select on attempt_batch, lane, erased_record to werda_custody;
grant select, insert, update on checkpoint_export to werda_custody;

-- Incidents (A7): custody marks, notes, tells and exports; the desk reports the call of its grant and reads none of them.
grant select on incident, incident_entry, incident_attempt, incident_call, incident_customer, incident_warning
    to werda_custody;
grant update (closed_at) on incident to werda_custody;
grant insert on incident_entry, incident_customer, incident_warning to werda_custody;
grant update (distrusted_at), delete on incident_customer to werda_custody;
grant execute on function open_incident(bigint, text, timestamptz, bigint, text, timestamptz),
    mark_attempts(bigint, bigint[]), mark_call(bigint, bigint), end_proofs(bigint)
    to werda_custody;
grant execute on function report_call(bigint, text) to werda_desk;
grant select, insert, update on told_up_to to werda_custody;  -- how far customers were told (C8)

-- The portal: what concerns a brand as a whole, and of customers the views of its schema (66_portal.sql).
grant usage on schema portal to werda_portal;
grant select on brand, dialled_number, policy_version, code_holders to werda_portal;
grant select on portal.customer, portal.line, portal.sim_profile, portal.attempt, portal.event, portal.notice to werda_portal;
grant insert on portal.event, portal.notice, portal.mail to werda_portal;
grant select, update on portal.customer_login, portal.portal_session to werda_portal;
grant select, insert, update, delete on portal.passkey, portal.sign_in_step to werda_portal;
grant execute on function portal_session_id(), portal_customer(), portal_login(), portal_login_named(bigint, text),
    open_portal_session(bigint, bytea, text, text, timestamptz, text, timestamptz, timestamptz) to werda_portal;
grant execute on function give_back(text, text) to werda_portal;
grant execute on function end_app_session(bigint, text, bytea, timestamptz),
    renew_app_session(bigint, text, bytea, bytea, bytea, bytea, timestamptz, timestamptz) to werda_portal;
-- The demo and `werda customer` open the portal for somebody; the worker removes what is over and sends mail.
grant select, insert, update, delete on customer_login, passkey, portal_session, sign_in_step, mail to werda_custody;

-- Opening the portal: by what the gate counted, or by what was sent.
grant execute on function operator_login(bigint, text, timestamptz, bigint) to werda_portal;
grant execute on function enrol_by_letter(bigint, bigint, timestamptz), begin_enrolment(bigint, text, bytea, timestamptz),
    seal_enrolment_mail(bigint, bytea, bigint, timestamptz), open_enrolment(bigint, bytea, timestamptz),
    seal_enrolment_sms(bigint, bigint, bytea, bigint, bytea, bigint, timestamptz),
    finish_enrolment(bigint, bigint[], bytea, timestamptz) to werda_portal;
grant select, insert, update, delete on enrolment, sms to werda_custody;

-- Area "Account" and passkeys at sign-in.
grant execute on function portal_passkey(bigint, bytea) to werda_portal;

-- Representatives (E2): the session's customer keeps them, an agent sees who is speaking.
grant select on portal.representative to werda_portal;
grant execute on function add_representative(text, text, text, text[], timestamptz, bigint, bytea, text, int, text, timestamptz),
    seal_representative(bigint, bytea, bigint), renew_representative(bigint, bigint, bytea, text, timestamptz),
    end_representative(bigint, text, timestamptz) to werda_portal;
grant execute on function speaker() to werda_desk;
grant select, insert, update, delete on representative to werda_custody;

-- Pushes: the portal subscribes its own customer's browsers; the worker sends, forgets and makes the key.
grant select on portal.push_subscription to werda_portal;
grant execute on function subscribe_push(bytea, text, timestamptz), seal_push_subscription(bigint, bytea, bigint),
    unsubscribe_push(bytea), push_to_me(timestamptz), push_public_key() to werda_portal;
grant select, update, delete on push, push_subscription to werda_custody;
grant select, insert, update on push_key to werda_custody;

-- Area "Code & SIM": what lies sealed of the session's customer, and what changing a code moves.
grant update (language) on portal.customer to werda_portal;  -- to lock the row while a code changes
grant select, insert, update on portal.sealed_secret, portal.credential to werda_portal;
grant select on portal.budget to werda_portal;
grant delete on portal.notice to werda_portal;
grant select, insert, delete on portal.letter to werda_portal;
grant select, insert, update on portal.one_time_code to werda_portal;
grant execute on function customers_of(bigint, timestamptz), clear_budgets(bigint[]), close_hotline(bigint, timestamptz),
    take_code_places(bigint, bigint, bigint[], bytea[], int[], bigint, bytea),
    lift_lockout(bigint, bigint, bigint, text, bigint, text, timestamptz) to werda_portal;
grant execute on function close_hotline(bigint, timestamptz) to werda_custody;

-- Area "History": what happened is read from portal.attempt and portal.event; "that was not me" opens a case.
grant select on portal.report to werda_portal;
grant update (told_at, channel) on portal.notice to werda_portal;
grant execute on function report_misuse(text, bigint, text, timestamptz) to werda_portal;

-- Area "Calls": whether the hotline speaks with the customer now, and the answer to "is it you?".
grant select on portal.call_status, portal.confirmation to werda_portal;
grant execute on function answer_confirmation(bigint, text, timestamptz) to werda_portal;
grant execute on function ask_confirmation(), confirmation_of_call() to werda_desk;
grant select on portal.outgoing_call to werda_portal;
grant execute on function announce_call(bigint, bigint, text, int), announced_by(bigint), end_announced(bigint) to werda_desk;
grant select, delete on outgoing_call to werda_custody;
grant select, delete on confirmation to werda_custody;

-- The app and its brand (area app, help): no row here is a customer's.
grant select on brand_tokens, dialled_number to werda_portal;

-- Area "Tarif": options that are offered and booked (S13), and the orders about them (67_options.sql says of what kind).
grant select on option_version to werda_portal, werda_custody;
grant select, insert, update, delete on option_booking to werda_custody;
grant select, insert on portal.option_booking, portal.operator_order to werda_portal;
grant update (ends_on, cancelled_at, withdrawn_at, cancel_order, as_of) on portal.option_booking to werda_portal;
grant insert (message_id, brand_id, stream, type, body, created_at, tries, next_try_at, last_problem)
    on portal.outbox_message to werda_portal;
grant select, insert, delete on portal.customer_lock to werda_portal;
-- What waits for the customer's word (A6): cancelled by link or signed in; the worker releases it.
grant execute on function cancel_by_link(bigint, bytea, timestamptz), cancel_own(uuid, text, timestamptz) to werda_portal;
grant execute on function cancel_waiting(bigint, text, timestamptz) to werda_custody;
grant select (id) on portal.mail to werda_portal;

-- Area "Data": what is recorded about the session's customer, and the proof of it (67_own_data.sql).
grant select on portal.call_note, portal.operator_order, portal.mail to werda_portal;
grant execute on function proof_records(bigint), proof_batches(bigint), proof_checkpoint(), proof_leaves(bigint), proof_keys()
    to werda_portal;

-- The database itself: nobody but the roles gets in, and only an import needs temporary tables.
do $$
begin
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to werda_gate, werda_desk, werda_custody, werda_signup,'
                   ' werda_portal', current_database());
    execute format('grant temporary on database %I to werda_custody', current_database());
end $$;
