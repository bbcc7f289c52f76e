-- An import fills tables faster than autovacuum looks at them, and an ANALYZE that falls into its first transaction
-- even records that they are empty: lookups by index would turn into scans. So an import says itself when to look again.
create or replace function analyze_imported() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    analyze customer (brand_id, customer_number), line (brand_id, msisdn), sim_profile (brand_id, iccid),
            sealed_secret (customer_id, sim_id), credential (customer_id);
end $$;
