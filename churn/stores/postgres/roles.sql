-- Creates the roles. An administrator runs it once per server; running it again changes nothing.
--
--     psql "postgresql://admin@host/churn" -v ON_ERROR_STOP=1 -f churn/stores/postgres/roles.sql
--
-- Then, as churn_deployer: `churn db setup` (the tables, and the rights on them).
--
-- Groups, which have the rights (nobody logs in as a group):
--   churn_owner    owns the schemas and the tables of churn/stores/postgres/tables.py, and may alter them
--   churn_writer   the pipeline: writes rows, owns the tables and views of the SQL models, has no rights on the server
--   churn_reader   people and BI tools: reads `reporting` and `analytics`
--   churn_crm      the system that calls customers: reads whom to contact, and inserts what came of it
-- Users, created if their password is in the environment. Each user acts as its group from the first statement on, so
-- that its tables belong to the group and stay when the user is dropped:
--   churn_deployer CHURN_DEPLOYER_PASSWORD    churn_pipeline CHURN_PIPELINE_PASSWORD    churn_bi CHURN_BI_PASSWORD
--   churn_mlflow   CHURN_MLFLOW_PASSWORD, with a database `mlflow` of its own
--   churn_prefect  CHURN_PREFECT_PASSWORD, with a database `prefect` of its own

SET client_min_messages = warning;

DO $$
DECLARE role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['churn_owner', 'churn_writer', 'churn_reader', 'churn_crm'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role);
    END IF;
  END LOOP;
END $$;

REVOKE CONNECT ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO churn_owner, churn_writer, churn_reader, churn_crm;
-- The SQL models keep their tables in schemas of their own, `sqlmesh__...`.
GRANT CREATE ON DATABASE :"DBNAME" TO churn_owner, churn_writer;

\getenv password CHURN_DEPLOYER_PASSWORD
\if :{?password}
  SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'churn_deployer') AS is_missing \gset
  \if :is_missing
    CREATE ROLE churn_deployer LOGIN;
  \endif
  ALTER ROLE churn_deployer PASSWORD :'password';
  GRANT churn_owner TO churn_deployer;
  ALTER ROLE churn_deployer SET role = churn_owner;
  \unset password
\endif

\getenv password CHURN_PIPELINE_PASSWORD
\if :{?password}
  SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'churn_pipeline') AS is_missing \gset
  \if :is_missing
    CREATE ROLE churn_pipeline LOGIN;
  \endif
  ALTER ROLE churn_pipeline PASSWORD :'password';
  GRANT churn_writer TO churn_pipeline;
  ALTER ROLE churn_pipeline SET role = churn_writer;
  \unset password
\endif

\getenv password CHURN_BI_PASSWORD
\if :{?password}
  SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'churn_bi') AS is_missing \gset
  \if :is_missing
    CREATE ROLE churn_bi LOGIN;
  \endif
  ALTER ROLE churn_bi PASSWORD :'password';
  GRANT churn_reader TO churn_bi;
  ALTER ROLE churn_bi SET default_transaction_read_only = on;
  \unset password
\endif

\getenv password CHURN_MLFLOW_PASSWORD
\if :{?password}
  SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'churn_mlflow') AS is_missing \gset
  \if :is_missing
    CREATE ROLE churn_mlflow LOGIN;
  \endif
  ALTER ROLE churn_mlflow PASSWORD :'password';
  -- An administrator who is not a superuser can give a database only to a role that the administrator is a member of.
  GRANT churn_mlflow TO CURRENT_USER;
  SELECT 'CREATE DATABASE mlflow OWNER churn_mlflow'
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'mlflow') \gexec
  REVOKE CONNECT ON DATABASE mlflow FROM PUBLIC;
  \unset password
\endif

\getenv password CHURN_PREFECT_PASSWORD
\if :{?password}
  SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'churn_prefect') AS is_missing \gset
  \if :is_missing
    CREATE ROLE churn_prefect LOGIN;
  \endif
  ALTER ROLE churn_prefect PASSWORD :'password';
  GRANT churn_prefect TO CURRENT_USER;
  SELECT 'CREATE DATABASE prefect OWNER churn_prefect'
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'prefect') \gexec
  REVOKE CONNECT ON DATABASE prefect FROM PUBLIC;
  \unset password
\endif
