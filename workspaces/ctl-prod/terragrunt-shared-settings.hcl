# What ctl-prod lends, by layer: the workspaces of its zone that may open the catalog, read-only.
# A list of other instances is the owner's decision and no fact of one instance, so it is not in workspace-vars.yaml.
locals {
  lent_catalogs = { silver = ["ctl-datascience"] }
}
