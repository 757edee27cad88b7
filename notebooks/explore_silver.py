# Databricks notebook source
# MAGIC %md
# MAGIC # Explore silver
# MAGIC
# MAGIC Which tables there are and how fresh they are, what their columns mean, rows as one run left them, and a run of
# MAGIC the deployed job for one table. None of it needs a key, or a right to write.

# COMMAND ----------

from havenlake.notebook import create_widget_for_env, open_project, start_job

create_widget_for_env(dbutils)  # noqa: F821
dbutils.widgets.text("table", "", "table, such as message")  # noqa: F821
dbutils.widgets.text("run", "", "run to read as of; the last good one when empty")  # noqa: F821
dbutils.widgets.dropdown("start the job", "no", ["no", "yes"], "start the job for this table")  # noqa: F821
project = open_project(dbutils)  # noqa: F821

# COMMAND ----------
# MAGIC %md
# MAGIC ## Which tables there are

# COMMAND ----------

silver = {state.table: state for state in project.states() if state.layer == "silver" and state.last_good}
for name, state in silver.items():
    print(f"{name:<24} {state.verdict:<12} {state.last_good.at:%Y-%m-%d %H:%M}  {state.facts.description or ''}")

# COMMAND ----------
# MAGIC %md
# MAGIC ## What the columns of a table mean
# MAGIC
# MAGIC The comment says how a column is treated, and why its values may be NULL.

# COMMAND ----------

table = dbutils.widgets.get("table") or next(iter(silver))  # noqa: F821
target = silver[table].target
columns = project.columns(target)
for column in columns:
    print(f"{column.name:<24} {column.type:<12} {column.comment}")

# COMMAND ----------
# MAGIC %md
# MAGIC ## Rows as a run left them
# MAGIC
# MAGIC All tables that are read as of the same run fit together, whatever is loaded meanwhile.

# COMMAND ----------

run = dbutils.widgets.get("run") or silver[table].last_good.context.run_id  # noqa: F821
then = project.as_of(run)
rows = then.table(target)
print(f"{table}: {rows.count()} rows as of {run}, version {then.versions[target]}")

# COMMAND ----------
# MAGIC %md
# MAGIC ## Start the job for this table
# MAGIC
# MAGIC A deployed job runs on Databricks as its own service principal. In a local workspace it runs here.

# COMMAND ----------

started = None
if dbutils.widgets.get("start the job") == "yes":  # noqa: F821
    started = start_job(project, "bronze_to_silver_job", [table])
    print(started.page or f"run {started.run_id} is done")
