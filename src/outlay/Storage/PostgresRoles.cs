namespace Outlay.Storage;

/// <summary>
/// The roles of a PostgreSQL database, one for each task. Nobody logs in as one of them: a login is made a member. What the
/// application may do is a list of its own here, so that a new table is not open to it by accident.
/// </summary>
internal static class PostgresRoles
{
    /// <summary>Owns the tables: who migrates, and restores a backup.</summary>
    public const string Owner = "outlay_owner";

    /// <summary>Serves requests. It adds to the history, and cannot change it.</summary>
    public const string Application = "outlay_app";

    /// <summary>Reads everything.</summary>
    public const string Backup = "outlay_backup";

    /// <summary>Reads figures of the server, and nothing that people have recorded.</summary>
    public const string Monitoring = "outlay_monitor";

    public static readonly IReadOnlyList<string> All = [Owner, Application, Backup, Monitoring];

    /// <summary>Every table, with what the application may do with it.</summary>
    private static readonly (string Table, string Application)[] s_tables =
    [
        ("owners", "select, insert (name, currency), update (currency, history_seq, history_hash)"),
        ("api_keys", "select, insert, update (expires_at, last_used_at, revoked_at)"),
        ("expenses", "select, insert, update, delete"),
        ("expense_tags", "select, insert, update, delete"),
        ("totals", "select, insert, update, delete"),
        ("idempotency", "select, insert, update, delete"),
        ("changes", "select, insert"),
        ("history", "select, insert"),
        ("figures", "select, insert, update"),
        ("schema_migrations", "select"),
    ];

    /// <summary>The tables without rows of owners: they have no policies.</summary>
    private static readonly string[] s_open = ["figures", "schema_migrations"];

    private static readonly string[] s_sequences = ["api_keys_id_seq", "expenses_id_seq", "changes_id_seq"];

    public static string Create(string role) => $"create role {role} nologin";

    /// <summary>What only a superuser can give.</summary>
    public static string ShowFigures => $"grant pg_monitor to {Monitoring}";

    /// <summary>Gives tables to the owner.</summary>
    public static string TakeOver(string schema, IEnumerable<string> tables) => string.Join(";\n",
    [
        $"grant usage, create on schema {schema} to {Owner}",
        .. tables.Select(table => $"alter table {table} owner to {Owner}"),
    ]);

    /// <summary>Sets what each role may do, whatever it could do before.</summary>
    public static string Grant(string schema) => string.Join(";\n",
    [
        $"grant usage on schema {schema} to {Application}, {Backup}, {Monitoring}",
        .. s_tables.SelectMany(entry => (string[])
        [
            $"revoke all on {entry.Table} from public, {Application}, {Backup}, {Monitoring}",
            $"grant {entry.Application} on {entry.Table} to {Application}",
            $"grant select on {entry.Table} to {Backup}",
        ]),
        // Whoever copies the database sees the rows of all owners.
        .. s_tables.Select(entry => entry.Table).Except(s_open).SelectMany(table => (string[])
        [
            $"drop policy if exists of_backup on {table}",
            $"create policy of_backup on {table} for select to {Backup} using (true)",
        ]),
        $"grant select on schema_migrations to {Monitoring}",
        .. s_sequences.Select(sequence => $"grant usage on sequence {sequence} to {Application}"),
        .. s_sequences.Select(sequence => $"grant select on sequence {sequence} to {Backup}"),
    ]);

    /// <summary>How many tables whoever is connected may not change, because they belong to somebody else.</summary>
    public static Sql OutOfReach() =>
        new Sql(
            """
            select count(*) from pg_tables
            where schemaname = current_schema() and tablename = any (string_to_array(@tables, ',')) and not pg_has_role(current_user, tableowner, 'usage')
            """).With("@tables", string.Join(',', s_tables.Select(entry => entry.Table)));

    /// <summary>Lets a login serve that has worked with the tables as their owner.</summary>
    /// <param name="login">As SQL writes it.</param>
    public static string LetServe(string login) => $"grant {Application} to {login}";

    /// <summary>
    /// Those who owned the tables, or own the database, and would be left with nothing, as SQL writes them: no superuser, not who
    /// runs this, and nobody who has a role already.
    /// </summary>
    public static Sql FormerOwners() =>
        new Sql(
            """
            select distinct quote_ident(r.rolname) from pg_roles r
            where (r.oid in (select datdba from pg_database where datname = current_database())
                or r.rolname in (select tableowner from pg_tables where schemaname = current_schema() and tablename = any (string_to_array(@tables, ','))))
            and not r.rolsuper and r.rolname <> current_user and r.rolname <> @owner
            and not pg_has_role(r.oid, @owner, 'member') and not pg_has_role(r.oid, @application, 'member')
            """).With("@owner", Owner).With("@application", Application).With("@tables", string.Join(',', s_tables.Select(entry => entry.Table)));

    /// <summary>The tables that are not the owner's yet.</summary>
    public static Sql OfOthers() =>
        new Sql(
            """
            select tablename::text from pg_tables
            where schemaname = current_schema() and tableowner <> @owner and tablename = any (string_to_array(@tables, ','))
            """).With("@owner", Owner).With("@tables", string.Join(',', s_tables.Select(entry => entry.Table)));
}
