-- Extracts of other companies come in: columns of the public sample may be missing, and own columns are in raw_data.declared_columns.
DO $$
DECLARE
    stored text;
    name text;
BEGIN
    FOREACH stored IN ARRAY ARRAY['telco_churn_raw', 'telco_churn_reconstructed'] LOOP
        FOREACH name IN ARRAY ARRAY[
            'gender', 'senior_citizen', 'partner', 'dependents', 'phone_service', 'multiple_lines', 'internet_service',
            'online_security', 'online_backup', 'device_protection', 'tech_support', 'streaming_tv', 'streaming_movies',
            'contract', 'paperless_billing', 'payment_method'
        ] LOOP
            EXECUTE format('ALTER TABLE raw_data.%I ALTER COLUMN %I DROP NOT NULL', stored, name);
        END LOOP;
    END LOOP;
END $$;
