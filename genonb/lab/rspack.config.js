// Module ids by order of import: the default hashes hold the path of the checkout, so two builds of one source would differ.
module.exports = { optimization: { moduleIds: 'natural' } };
