"""All that antigil uses of asv beyond its documented files and command line, in this one place.

No other module imports asv or asv_runner. What is used, as it is in asv 0.6.6:

- `configuration`: ``Config.load``, ``plugin_manager.import_plugin``, ``get_repo``, the methods of ``Repo``,
  its attribute ``dvcs``, the attribute ``_path`` of ``plugins.git.Git``, ``UserError``, ``ProcessError``; it
  prints on stdout.
- `stored`: ``Benchmarks.load``, ``iter_results_paths``, ``Results``, ``step_detect.detect_steps`` and
  ``get_mu_dist``, ``MachineCollection`` and ``Machine.get_defaults``.
- `safe_files`: ``util.write_json`` and ``load_json``, ``Results.load``, ``Benchmarks.load``, replaced.
- `running`: ``get_environments``, ``Setup.perform_setup``, ``install_project`` and ``find_executable`` of an
  environment, ``Benchmarks.discover`` and ``filter_out``, ``run_benchmarks``.
- `publishing`: ``OutputPublisher``, ``Publish.run``, which is replaced, ``GraphSet`` and ``Graph.get_steps``,
  ``feed.FeedEntry`` and ``write_atom``, ``console.log``.

asv has no type hints: the protocols here name what is used of its objects.
"""
